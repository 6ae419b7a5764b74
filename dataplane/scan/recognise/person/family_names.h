// family_names.h: the family names that gazetteer.h knows: sorted, in small letters, without marks.
//
// Of gazetteer.cc alone. Typed by us from what is common in censuses and registers; no list was
// copied.
#pragma once

#include <string_view>

#include "dataplane/scan/read/word_text.h"

namespace sallyport::scan {

inline constexpr std::string_view kFamilyText = R"(
abbas abbott abdallah abdelaziz abdelrahman abdi abe abercrombie abernathy abiodun abubakar acevedo
achebe ackermann acosta adam adamczyk adams adamski adebayo adeleke ademola adeyemi adhikari adjei
adkins aerts afolabi afridi agarwal aggarwal aguilar aguirre agyeman ahmad ahmadi ahmadzai ahmed
ahuja ainsworth aitken aiyar akbari akhmetov akhtar akintola akinwale akpan alami alaoui albert
albrecht alekseev alemu alexander alghamdi alharbi ali alimov aliyev alizadeh allan allen allison
almasri almeida almutairi alonso alotaibi alqahtani alrashid alsaud alshehri altmann alvarado
alvarez alves alzahrani amadi amari amato amini amoah ampofo amrani anand andersen anderson
andersson andrade andre andreassen andreev andrews andrzejewski ansah ansari anthony antunes aoki
appiah araujo arellano arias arkwright armstrong arnaud arnold arora arroyo arslan arvidsson asadi
asamoah asante ashley ashraf ashton ashworth aslan assefa atherton athreya atkins atkinson aubert
aubry auchinleck austin avery avila awolowo axelsson ayala aydin ayodele ayoub azevedo azikiwe
azimi babangida bachmann bagheri bahrami baier bailey bailly bajaj bajwa baker bakker bakri bakshi
balakrishnan baldwin balfour ball ballard baloch balogh balogun banda banerjee banks bansal barajas
barakat baran barber barbier barbieri barbosa barker barlow barnes barnett baron barone barr
barraclough barrera barrett barron barros barry barth bartlett barton bashir basile bass bates
batista battaglia bauer baumann baumgartner bautista baxter bayer beard beasley beck becker begum
beil bekele bell bellini beltran benali benchekroun bender benedetti benes bengtsson benitez
bennani bennett benoit bensalem benson bentley benton berg berger berglund bergman bergmann
bergqvist bergstrom bernard bernardi berrada berry bertin bertrand besnard besson bevan beyer
bhagat bhandari bharadwaj bhargava bhasin bhatia bhatnagar bhatt bhattacharya bhutto bianchi bianco
bierhoff bird birnbaum birtwistle bishop biswas bjork black blackburn blackwell blackwood blair
blake blanc blanchard blanco blankenship blenkinsop blevins blom blomqvist blum blumenthal boateng
bodin bohm bond bondarenko bonilla bonnet booker boone booth borges borisov borkowski bos bosch
bose bosman botha bouazizi boucher bouchet boukhari boulanger bourgeois bouvier bowen bowers bowman
boyd boyer boyko boyle bradford bradley bradshaw brady braithwaite brandstetter brandt brannigan
braun bravo bray breitner brennan breton brewer bridges briggs brinkmann broadbent brock brockmann
brooks brouwer brown browne bruce bruckner brun brunet bruno bryan bryant brzezinski buchanan
buckley bukhari bullock burch burgess burke burkhardt burnett burns burton busch bush butler
butterworth byrd byrne caballero cabrera cadogan cadwallader cafferty cain calderon caldwell
calhoun callaghan callahan calvo camacho cameron campbell campos cannon cano cantrell cantu caputo
carbone cardenas cardoso carey carlier carlson carlsson carmichael carmona caron carpenter
carpentier carr carrasco carrillo carroll carson carter cartwright caruso carvalho carver casado
casey cassidy castaneda castillo castro cattaneo cavalcanti celik cerny cervantes cetin chadwick
chakraborty chakravarty chambers chan chandler chandra chaney chang chaoui chapman charles
charpentier chase chatterjee chaturvedi chaudhary chaudhry chaudhuri chauhan chauvin chavez chawla
chen cheng cheung chevalier chevallier chikwanha chirwa chmielewski choi chopra choudhury chow
chowdhury christensen christiansen chughtai chukwu chung cieslak cisneros claes claesson clancy
clark clarke clay clayton cleary clement clements cline clough cobb cochran coelho coetzee cohen
cole coleman colin collet collier collin collins colombo colon colquhoun combs conley conner
connolly conrad constantin conte conti contreras conway cook cooke cooper copeland copplestone
coppola corcoran cordier cordova correa correia cortes cortez costa costantini coste costello cote
coughlan cousin cowan cox crabtree craddock craig crane crawford crespo cronin crosby cross crow
cruickshank cruz cuevas culhane cullinan cummings cunliffe cunningham curtis czarnecki czerwinski
dabrowski dahl dahlmann dalgleish dalrymple dalton dalziel dang daniel daniels danielsson danjuma
dankwa daoud darko darwish das dasgupta dasilva datta davenport david davidson davies davila davis
dawson dean decker degenhardt dejesus dekker delacroix delacruz delaney delaunay delgado deluca
demir dempsey deng denis dennis desai desantis deschamps deshmukh deshpande devaux devlin dewan
dewhurst dhawan dhillon diallo dias diaz dickerson didier dietrich dietz diez dijkstra dillon dixit
dixon dlamini dodson dogan doherty dolezal dominguez donati donnellan donnelly donoghue donovan
dooley dorsey doshi dougherty douglas doyle drake drummond duarte dubey dubois duckworth duda dudek
duffy dufour dumas dumitru dumont dunbar duncan dunlap dunn dunphy duong dupont dupuis dupuy duran
durand durrani dutta duval dvorak dwivedi dyer eaton ebersbach ebert ebrahimi eckersley eckert
edwards egorov eichhorn eide ek eklund ekwueme elfassi elliott ellis ellison elmasry elsayed endo
engel engelhardt engstrom entwistle erdmann erickson eriksen eriksson ernst escobar esfahani
esparza espinosa espinoza esposito esteban estrada etemadi evans everett evrard ewing fabbri fabre
fahmy fairbairn fairclough falana fallon farahani farina farkas farley farmer farooqi farouk
farquhar farquharson farrell farrokhzad faulkner faure faust featherstone fedorov fekete feng
ferguson fernandes fernandez ferrara ferrari ferraro ferreira ferrer ferretti ferri feuerbach fiala
fichtner fiedler fields figueiredo figueroa fink finkelstein finley finnegan finnerty fiore fischer
fisher fitzgerald fitzpatrick fitzsimmons flaherty flanagan fleming fletcher fleury flores flowers
floyd flynn fofana foley fonseca fontaine fontana forbes ford forsberg foster fothergill fournier
fowler fox francis franco francois frank franke franklin fransson fraser frazier fredriksson
freeman freitas frey friedman friedrich friedrichs fritz frost fruhauf fry frye fuchs fuentes fujii
fujita fukuda fuller gaddafi gadgil gaillard gaines gajewski galan galbraith gallagher gallardo
gallego gallegos galli gallo galloway galvan gamal gandhi ganguly gao garcia gardner garner garnier
garrett garrido garrison garrity garside garza gates gatti gauthier gautier gay gebre gebremedhin
geddes geiger gentile gentry geoghegan george georgiou geraghty gerard gerlach gerstner gethin
ghaffari ghanem ghasemi gheorghe ghorbani ghosh ghoshal gibbs gibson gil gilani gilbert gilchrist
giles gilhooly gill gillespie gillet gilligan gilmartin gilmore gimenez giordano girard giraud
girma giuliani glenn glover glowacki goel goff gokhale goldberg goldschmidt gomes gomez gonzales
gonzalez goodman goodwin goossens gopinath gordon gorski goswami goto gottschalk gotz gould gowda
grabowski graf graham grant grassi grasso graves gray greco green greenberg greene greenhalgh greer
gregory greifswald grewal griffin griffith griffiths grigoriev grimes grimshaw gross grosse grover
gruffydd grunwald guerin guerra guerrero guevara guichard guillaume guillot gunnarsson gunther guo
gupta gustafsson guthrie gutierrez guyot guzman gwynne gyasi haas haberland habibi haddad hagedorn
hagen hahn haile hajek hakansson hakimi haldane hale hall halloran hallstein halvorsen hamdan hamdi
hamilton hammond hammoud hamon hampton han hancock hanrahan hansen hanson hansson harada harding
hardy hargreaves hariri harmon harper harrell harrington harris harrison hart hartman hartmann
harvey hasan hasegawa hashemi hashimoto hashmi hassan hasselbach hatfield haugen hausmann hawk
hawkins hayashi hayden hayes haynes hays heath heathcote hebert heffernan hegarty hegde heidari
heidemann heikkinen hein heinrich heinze heller hellmann henderson hendricks hendriks hendrix
hennessy henning henriksson henry hensley henson hermann hernandez herrera herrero herrmann herve
hess hesse hester hickey hickman hicks hidalgo higginbotham higgins hijazi hill hines hinton ho
hoang hoarau hobbs hochstetter hodge hodges hoekstra hoffman hoffmann hoffmeister hofmann hogan
hohenstein holden holland holloway holm holmberg holmes holroyd holt holzmann hong hoolihan hooper
hoover hopkins horak horn horton horvath hosseini hosseinzadeh houlihan howard howell howells huang
hubbard huber hubert hubner hudson huerta huet huff huffman hughes huisman hull humphrey hunt
hunter huppert hurley hurst hussain hussein hutchinson huynh hwang ibanez ibarra ibragimov ibrahim
idrissi iglesias ikeda illingworth ingram inoue ionescu iqbal isaksson ishida ishii ishikawa
iskakov ismail ismailov ito ivanov ivanova iyengar iyer izquierdo jaber jablonski jackson jacob
jacobs jacobsen jacobson jacquet jadhav jaeger jafari jagannathan jager jahn jain jakob jakobsson
jakubowski jalali jalloh james jang jankowski jansen janssen jansson jasinski jatoi javadi javed
jaworski jefferson jenkins jennings jensen jimenez johannessen johansen johansson johns johnson
johnston joly jones jonker jonsson jordan jorgensen joseph joshi jovanovic juarez juhasz jung
kabbah kabbani kaczmarek kadam kaiser kakar kakkar kalinowski kaltenbach kamara kamath kamau
kaminski kanaan kane kang kannan kapadia kaplan kapoor kapur karimi karimov karlsson kato kaufmann
kaur kavanagh kaya kazemi kazmi kazmierczak keane kearney keating kebede kehoe keita keith kelleher
keller kellermann kelley kelly kemp kendall kendrick kennedy kennelly kent kermani kern kerr khalaf
khalil khalili khan khanna khatri khattak khokhar khosravi khoury khumalo khurana kidd kilbride
kilic kilkenny kim kimura kincaid king kinney kinsella kipchoge kiprotich kirby kirchhoff kirchner
kirk kirkbride kirkpatrick kiss klein kline klinger kloppenburg knabe knight knox knudsen kobayashi
koch koenig kohler kohli kohlmann kolar kolb kolodziej konate kondo konig konrad korhonen koroma
kortmann koster kouyate kovac kovacs koval kovalenko kowalczyk kowalska kowalski kozlov kozlowski
krajewski kral kramer kraus krause krautmann kravchenko krawczyk kretschmer krishnan krishnaswamy
kristensen kristiansen krol krueger kruger kruse kubiak kucera kucharski kuffour kuhlmann kuhn
kuiper kuipers kulkarni kumar kunda kunz kurt kurz kuznetsov kwiatkowski kwon lacroix lafferty
lakatos lakhani lam lamb lambert lamont landmann lane lang lange langenberg langlois laporte larsen
larson larsson laskowski laurent lautenbach lawal lawrence lawson le leach leadbetter lebedev
leblanc lebrun leclerc leclercq lecomte lee lefebvre lefevre leger legrand lehman lehmann leitner
lejeune lemaire lemoine lenz leon leonard leone leroux leroy lesage lester leung leveque levine
levy lewandowska lewandowski lewis li liang lichtenberg liebermann lim lima lin lind lindberg
lindenberg lindgren lindner lindqvist lindsay lindsey lindstrom lis little liu livingston llewellyn
lloyd lodhi lofgren logan lohmann lombardi lombardo lonergan long longbottom longo lonsdale lopes
lopez lorenz lorenzo lott loughlin louis love lowe lowery lozano lu lucas ludwig lund lundberg
lundgren lundin lundqvist lundstrom luo luque lutz lutzow lynch lyon lyons maas mabuza macalister
macarthur macaulay macbride maccallum macdonald macdougall macfarlane macgregor machado macias
maciejewski macinnes macintyre mack mackay mackenzie mackinnon maclachlan maclean macleod macmillan
macnab macneil macpherson macrae mactavish madden maddox madonsela madsen maes magnusson mahajan
mahajani mahfouz mahlangu mahmood mahmoud mahmoudi mahoney maier maillard majewski majumdar makarov
makgoba makhlouf makhubela makowski maldonado maleki malhotra malik malinowski mallet mallick
malone maloney maluleke mamedov mancini mandela mann manning manohar mansour mantovani marchal
marchand marchetti marciniak marechal mariani marin marini marino markovic marks marquardt marques
marquez marsh marshall martensson martin martinelli martinez martini martino martins marty marx
maseko mason masri massey masson matei mathews mathieu mathis mathur matos matsuda matsumoto
matthews mattsson maurer maury maxwell may mayer maynard mayo mazur mazurek mazza mbatha mbeki
mbele mcalister mcallister mcalpine mcarthur mcbride mccabe mccaffrey mccain mccall mccallum mccann
mccarthy mccarty mcclain mcclelland mcclure mcconnell mccormack mccormick mccoy mccullough mcdaniel
mcdermott mcdonald mcdonnell mcdougall mcdowell mcelroy mcewan mcfadden mcfarland mcgee mcgill
mcginnis mcgovern mcgowan mcgrath mcgraw mcgregor mcguinness mcguire mchugh mcinnes mcintosh
mcintyre mckay mckee mckenna mckenzie mckinley mckinney mckinnon mcknight mclaren mclaughlin mclean
mcleod mcmahon mcmanus mcmillan mcnally mcnamara mcneil mcneill mcnulty mcpherson mcqueen mcrae
mcsweeney meadows medina mehra mehrotra mehta meier meijer mejia melendez melo melton memon menard
mendes mendez mendoza mengistu menon mensah mercado mercier meredith merritt mertens meszaros
metzger meunier meyer meyers meza mhlongo michaelis michalak michalski michaud michel michiels
middendorf middleton mikhailov miles miller millet mills minhas miranda mirchandani mirza mirzaei
mirzaie mishra misra mitchell mitra mittal mittelstadt miura miyazaki mkhize mnguni modise
moghaddam mohamed mohammadi mohammed mohanty mohr mokhtari mokoena moldovan molefe molina moller
molnar moloi moloney monaghan monnier monroe montanari monteiro montero montes montgomery monti
montoya moody moon mooney moore mora moradi morales moran moreau moreira morel morelli moreno
moretti morgan mori moriarty morin morozov morris morrison morrow mortensen morton moser mosley
moss mostyn moulin moura mousavi moya moyer mthembu mtshali mubarak muchemwa mueller mugabe mughal
mukasa mukherjee mukhopadhyay mulcahy mulder mulenga mulholland mullen muller mulligan mullins
mulrooney mulvaney munoz munteanu murakami murgatroyd murillo murphy murray murthy musonda mustafa
mutasa mwale mwangi mwanza myers nachtigall nadar nagel naguib nagy naidoo naidu nair najafi
nakajima nakamura nakano nambiar naqvi narang narayan narayanan nascimento nash nasrallah nasri
nasser natarajan naumann navarro nawaz nayak nayar nazarbayev nazari ncube ndiaye ndlovu neal
negash nelson nemec nemeth neubauer neugebauer neumann newman newton ng ngcobo ngubane nguyen niazi
nichols nicholson nicolas nielsen niemeyer nieminen nieto nikitin nikolaev nikolaidis nikzad
nilsson nishimura nixon njoroge nkosi nkrumah noble noel nogueira nolan nordmann nordstrom norman
norris nouri novak novikov novotny nowak nowakowski nowicki ntuli nugent nunes nunez nurmagomedov
nwosu nyambura nyberg nyerere nystrom nzimande obasanjo obermayer oberoi obrien ochieng ochoa
oconnell oconnor odinga odom odonnell odonoghue odowd odriscoll oduya odwyer ofarrell oflaherty
ofori ogawa ogilvie oglethorpe ogrady ogunleye oh ohara okada okafor okamoto okane okeefe okeke
okello okonkwo okoro okoye olawale oleary oliveira oliver olivier oliynyk ollerenshaw olofsson
olsen olson olsson olszewski oluwole omalley omeara omondi oneal oneill ono onyango openshaw opitz
opoku oppermann oregan oreilly orlando orlov ormerod orourke orozco orr ortega ortiz osborne osei
oshaughnessy oshea osman osterkamp ostermann ostrowski osullivan otero otieno otoole otto ouedraogo
owen owens owusu oyelaran ozdemir ozkan ozturk pacheco padilla padmanabhan pagano pahlavi palacios
palmer palmieri palumbo pande pandey pandit pandya papadakis papadopoulos papp paracha pardo parekh
parikh parisi park parker parks parmar parra parrish parsons pascual pasha pasquier pastor patel
paterson pathak patil patnaik patrick patterson patton paul pavlov pawar pawlak pawlowski payet
payne pearson pedersen peeters pellegrini pellegrino pelletier peltier pemberton pena penas
pennington penry pereira perez perkins perret perrier perrin perrot perry persson peter peters
petersen peterson petit petrov petrova pettersson pfannenstiel pfeffer pfeifer pfeiffer pham phan
phelan phelps philippe phillips phiri picard pichon pickersgill pierce pierre pietrzak pillai
pineda pinto piotrowski piras pires pitcairn pittman pitts plettenberg pohl poirier pokorny polat
polishchuk pollard ponce poole pope popescu popov poppenhausen porter postma potter poulain poulsen
pourahmad powell powers prabhu prasad pratt prendergast pretorius prevost price priestley prieto
prince prins pritchard probert probst prochazka proctor prosser protheroe pruitt pugh purohit qasim
quaye quigley quinn quintero qureshi racz radebe rademacher rafferty rafiei raghavan raghunathan
rahal rahimi rahman rahmani rai rajagopalan rajan rajput rakhimov ramachandran ramakrishnan raman
ramanathan ramaphosa ramaswamy ramirez ramos ramsbottom ramsey rana randall randolph rangan
ranganathan rangel ranjbar rao raslan rasmussen rastogi rathore rauschenberg rawat rawlinson ray
raza razavi reddy redmond redondo reed reese reeves reichenbach reid reinhardt reis renard renaud
renault reuter reyes reynolds rezaei rhodes rhydderch ribeiro ricci rice richard richards
richardson richmond richter riedel riefenstahl rieger riley rinaldi riordan rios ritter rivas
rivera rivers riviere rizvi rizzi rizzo roach robbins roberson roberts robertson robin robinson
robles rocha roche rodgers rodrigues rodriguez roger rogers rojas rolland rollins roman romano
romanov romero rosales rosario rosas rose rosen rosenbaum rosenberg rosenthal ross rossetti rossi
rostami roth rothschild rousseau roussel rousset roux rowbotham rowe rowland roy roychowdhury royer
rubio rudolph ruggiero ruiz rush russell russo rusu rutkowski ruzicka ryan sabbagh sadeghi sadowski
saeed saez sahin sahle sahni sahoo saini saito sakamoto salas salazar saleh salehi salgado salinas
salloum salvatore salzmann samuelsson sanchez sandberg sander sanders sandoval sanna sanogo santana
santiago santoro santos sanz saparov sargent sarpong sartori sasaki sato sauer saunders savage
sawicki sawyer saxena sayegh scanlon schaefer schafer schaffer schaffner scheffler schellenberg
schenk scherer schiffmann schiller schilling schlegel schlesinger schlichting schmid schmidt
schmitt schmitz schnabel schneider schneiderman schoenberg scholten scholz schouten schramm
schreiber schroder schroeder schubert schuhmacher schulte schultz schulz schulze schumacher
schuster schutz schwartz schwarz schweitzer scott sedlacek segura sehgal seidel seidl seifert
sellers semenov sengupta serban serna serra serrano sesay sethi sexton shaaban shaffer shah
shahbazi shaheen shaikh shanahan shannon sharif sharifi sharma sharp shaughnessy shaw sheehan
sheikh shelton shen shenoy shepard shepherd sheppard sheridan sherman shetty shevchenko shevchuk
shields shimizu shin shinde shirazi shukla shuttleworth sibanda siddiqi siddiqui sidebottom sidhu
sidorov siebert sikora sikorski silva silvestri simmons simoes simon simpson sims simsek sinclair
singh singhal singleton sinha sissoko sithole sjoberg skinner slattery sloan smethurst smirnov smit
smith smits snow snyder soares sobczak soderberg sodhi sokolov sokolowski solanki soler solis
solomon soloviev soltani somani sommer sommerfeld song soomro sorensen sorrentino sosa soto sousa
souza sparks spears spencer spielmann srinivasan srivastava stafford stanley stanton stapleton
stark steele stegemann stein steinbach steiner steinmeier stepanov stephan stephens stephenson
stepien sternberg stevens stevenson stewart stoica stokes stollwerk stone stout strachan strand
straub strauss strickland strohmeyer suarez subramaniam subramanian sullivan sultanov summers sun
sundberg sussmann sutcliffe sutherland sutton suzuki svensson svoboda swaminathan swamy swanson
sweeney szabo szczepanski szewczyk szilagyi szulc szymanski szymczak tabatabaei tadesse tafesse
taheri tahiri takacs takahashi takeda takeuchi taleb talwar tamura tan tanaka tandon taneja tang
tannenbaum tanner tantawi tapia tareen tashkentov tate tattersall tavares taylor tehrani teichmann
teixeira tembo terry tesfaye tessier thakkar thakur thalberg thapa thibault thiel thoma thomas
thompson thomsen thomson thornbury thorneycroft thornton threlfall tierney timmermans tiwari
tkachenko todd toivonen tokayev tomasi tomaszewski toomey torres toth touil toure townsend tran
traore trautmann treacy tremblay trevino tripathi trivedi trujillo tshabalala tucker tudor turnbull
turner twomey tyagi tyldesley tyler ueda uhlmann ullrich ulrich umarov underwood unger unsworth
unterberger upadhyay urban urbanski urquhart usmani uzoma vaidya valdez valencia valentin valentine
valentini valenzuela vance vandenberg vanderberg vang varga vargas varghese varma vasiliev vasquez
vasseur vasudevan vaughan vaughn vazquez veenstra vega velasco velasquez velazquez velez
venkataraman venkatesan venkatesh venter verbeek verhoeven verma vermeulen vesely vetter vicente
vidal vieira vila villa villanueva villarreal villegas vincent vinson virtanen visser vitale vitali
vogel vogelsang vogt vohra voigt volkov vollmer vorobiev vos vries vu wachsmann wade wadhwa
wadsworth wafula wagenknecht wagner wahbi wainwright walczak waldmann walker wall wallace wallin
walls walsh walter walters walton wang wanjiku wanjiru ward ware warner warren washington
wasilewski wasserman watanabe waters watkins watson watts waweru weaver webb weber webster wegener
wegner wei weidmann weigand weinstein weiss welch wells wendt wenzel werner west westermann
westphal wheeler whitaker whitcombe white whitehead whitfield whittaker wieczorek wiedemann wiese
wiesenthal wiggins wigglesworth wikstrom wilcox wild wilder wiley wilhelm wilhelmi wilk wilkerson
wilkins wilkinson willems willemsen williams williamson willis wilson wimmer windisch winkler
winter winterbottom winters wirth wisniewski witkowski witt wittgenstein wittmann wlodarczyk wogan
wojcik wolde wolf wolfe wolff wolstenholme wolters wong wood woodard woods woodward worku
worthington wouters wozniak wright wrobel wroblewski wu wunderlich wurzbach wyatt wysocki xie xu
yacoub yadav yakovlev yamada yamaguchi yamamoto yamashita yamazaki yang yates yazdani yeboah
yildirim yildiz yilmaz yoder yoon yorath yoshida young yousafzai youssef yu yusupov zaidi zaitsev
zajac zakharov zakrzewski zalewski zamani zamora zander zapata zardari zavala zawadzki zeller
zellweger zeman zhang zhao zheng zhou zhu ziani zidane ziegelmann ziegler zielinski zimmer
zimmerman zimmermann ziolkowski zuckerberg zuniga
)";
inline constexpr auto kFamily = words_of<count_words(kFamilyText)>(kFamilyText);

}  // namespace sallyport::scan
