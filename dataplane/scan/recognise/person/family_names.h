// family_names.h: the family names that gazetteer.h knows: sorted, in small letters, without marks.
//
// Of gazetteer.cc alone. Typed by us from what is common in censuses and registers; no list was
// copied.
#pragma once

#include <string_view>

#include "dataplane/scan/read/word_text.h"

namespace sallyport::scan {

inline constexpr std::string_view kFamilyText = R"(
abbas abbott abdallah abdelaziz abdelrahman abdi abe abercrombie abernathy abiodun abramov
abubakar acevedo achebe ackermann acosta adam adamczyk adams adamski adebayo adeleke ademola
adeyemi adhikari adjei adkins aerts afanasiev afolabi afridi agarwal aggarwal aguilar aguirre
agyeman ahmad ahmadi ahmadzai ahmed ahonen ahuja ainsworth aitken aiyar akbari akhmetov akhtar
akimov akintola akinwale akpan aksenov aksoy aktas alami alaoui albert albrecht alekseev alemu
alexander alexandrov alfaro alghamdi alharbi ali alimov aliyev alizadeh allan allen allison
almasri almeida almutairi alonso alotaibi alqahtani alrashid alsaud alshehri altmann alvarado
alvarez alves alzahrani amadi amari amato amini amoah ampofo amrani amundsen anand andersen
anderson andersson andrade andre andreassen andreev andrews andrzejewski angelopoulos anisimov
ansah ansari anthony antoniou antonov antunes antwi aoki appiah araujo archer arellano arias
arkhipov arkwright armstrong arnaud arnold arora arroyo arslan arvidsson asadi asamoah asante
ashley ashraf ashton ashworth aslan assefa athanasiou atherton athreya atkins atkinson aubert
aubry auchinleck austin avalos avery avila awolowo axelsson ayala aydin ayers aykan ayodele ayoub
azevedo azikiwe azimi babangida babic bachmann bagheri bahrami baier bailey bailly bajaj bajwa
baker bakken bakker bakri bakshi balakrishnan balazs baldwin balfour ball ballard baloch balogh
balogun banda banerjee banks bansal barajas barakat baran baranov barber barbier barbieri barbosa
barisic barker barlow barnes barnett baron barone barr barraclough barre barrera barrett barron
barros barry barth bartlett barton bashir basile bass bates batista battaglia bauer baumann
baumgartner bautista baxter bayer bean beard beasley beck becker begum beil bekele bell bellini
bello belousov belov beltran belyaev benali benchekroun bender benedetti benes bengtsson benitez
benjamin bennani bennett benoit bensalem benson bentley benton berg berger berglund bergman
bergmann bergqvist bergstrom bernal bernard bernardi berrada berry bertin bertrand besnard besson
bevan beyer bhagat bhandari bharadwaj bhargava bhasin bhatia bhatnagar bhatt bhattacharya bhutto
bianchi bianco bierhoff bird birnbaum biro birtwistle biryukov bishop biswas bjork black blackburn
blackwell blackwood blair blake blanc blanchard blanco blankenship blazek blazevic blenkinsop
blevins blom blomqvist blum blumenthal boateng bodin bodnar bogdanov bognar bohm bond bondarenko
bonilla bonnet booker boone booth borges borisov borkowski bos bosch bose bosman bosnjak botha
bouazizi boucher bouchet boukhari boulanger bourgeois bouvier bowen bowers bowman boyd boyer boyko
boyle bozic bozkurt bradford bradley bradshaw brady braithwaite branch brandstetter brandt
brannigan braun bravo bray breitner brennan breton brewer bridges briggs brinkmann broadbent brock
brockmann brooks brouwer brown browne browning bruce bruckner brun brunet bruno bryan bryant
brzezinski buchanan buck buckley bukhari bullock bulut burch burgess burke burkhardt burnett burns
burton busch bush butler butterworth bykov byrd byrne caballero cabrera cadogan cadwallader
cafferty cain cakir calderon caldwell calhoun callaghan callahan calvo camacho cameron campbell
campos cannon cano cantrell cantu caputo carbone cardenas cardoso carey carlier carlson carlsson
carmichael carmona caron carpenter carpentier carr carrasco carrillo carroll carson carter
cartwright caruso carvalho carver casado casey cassidy castaneda castillo castro cattaneo
cavalcanti celik cermak cerny cervantes cetin chadwick chakraborty chakravarty chambers chan
chandler chandra chaney chang chaoui chapman charles charpentier chase chatterjee chaturvedi
chaudhary chaudhry chaudhuri chauhan chauvin chavez chawla chen cheng chernov chernyshev cherry
cheruiyot cheung chevalier chevallier chikwanha chirwa chmielewski choi chopra choudhury chow
chowdhury christensen christian christiansen christou chughtai chukwu chung church cieslak
cisneros cisse claes claesson clancy clark clarke clay clayton cleary clement clements cline
clough cobb cochran coelho coetzee coffey cohen cole coleman colin collet collier collin collins
colombo colon colquhoun combs compton conley conner connolly conrad constantin conte conti
contreras conway cook cooke cooper copeland copplestone coppola corcoran cordier cordova corona
correa correia cortes cortez costa costantini coste costello cote coughlan coulibaly cousin cowan
cox crabtree craddock craig crane crawford crespo cronin crosby cross crow cruickshank cruz cuevas
culhane cullinan cummings cunha cunliffe cunningham curry curtis czarnecki czerwinski dabrowski
dahl dahlmann dalgleish dalrymple dalton dalziel dang daniel daniels danielsson danilov danjuma
dankwa daoud darko darwish das dasgupta dasilva datta daugherty davenport david davidson davies
davila davis davydov dawson day dean deangelis deboer debruijn decker degenhardt degraaf degroot
dehaan dejesus dejong dekker delacroix delacruz delaney delarosa delaunay deleon delgado deluca
demin demir dempsey deng denis denisov dennis derosa desai desantis deschamps deshmukh deshpande
desmet devaux devlin devries dewan dewhurst dewit dhawan dhillon diallo dias diaz dickerson
dickson didier dietrich dietz diez dijkstra dillon dimitriou diop dittrich dixit dixon djordjevic
dlamini dmitriev dodson dogan doherty dolezal dominguez donaldson donati donnellan donnelly
donoghue donovan dooley dorsey doshi dougherty douglas doyle drake drummond duarte dubey dubois
duckworth duda dudek dudley duffy dufour duke dumas dumitru dumont dunbar duncan dunlap dunn
dunphy duong dupont dupuis dupuy duran durand durham durrani dutta duval dvorak dwivedi dyer eaton
ebersbach ebert ebrahimi eckersley eckert edwards efimov efremov egorov eichhorn eichler eide ek
eklund ekwueme elfassi eliseev elliott ellis ellison elmasry elsayed emelyanov endo engel
engelhardt engstrom enriquez entwistle erdmann erdogan eremin erickson eriksen eriksson ermakov
ernst escobar esfahani esparza espinosa espinoza esposito esquivel esteban estes estrada etemadi
evans everett evrard ewing eze fabbri fabre fahmy fairbairn fairclough falana fallon farahani
farina farkas farley farmer farooqi farouk farquhar farquharson farrell farrokhzad faulkner faure
faust featherstone fedorov fedotov feher fekete felix feng ferguson fernandes fernandez ferrara
ferrari ferraro ferreira ferrer ferretti ferri feuerbach fiala fichtner fiedler fields figueiredo
figueroa filatov filipovic filippov fink finkelstein finley finnegan finnerty fiore fischer fisher
fitzgerald fitzpatrick fitzsimmons flaherty flanagan fleming fletcher fleury flores flowers floyd
flynn fodor fofana foley fomin fonseca fontaine fontana forbes ford forsberg foster fothergill
fourie fournier fowler fox francis franco francois frank franke franklin fransson fraser frazier
frederick fredriksson freeman freitas frey friedman friedrich friedrichs fritsch fritz frolov
frost fruhauf fry frye fuchs fuentes fujii fujita fukuda fuller gaddafi gadgil gaikwad gaillard
gaines gajewski galan galbraith galindo galkin gallagher gallardo gallego gallegos galli gallo
galloway galvan gamal gandhi ganguly gao garcia gardner garner garnier garrett garrido garrison
garrity garside garza gates gatti gauthier gautier gavrilov gay gebre gebremedhin geddes geiger
gentile gentry geoghegan george georgiou geraghty gerard gerasimov gerlach gerstner gethin
ghaffari ghanem ghasemi gheorghe ghorbani ghosh ghoshal gibbs gibson gil gilani gilbert gilchrist
giles gilhooly gill gillespie gillet gilligan gilmartin gilmore gimenez giordano girard giraud
girma giuliani glass glenn glover glowacki goel goff gokhale goldberg golden goldschmidt golubev
gomes gomez goncalves goncharov gonzales gonzalez goodman goodwin goossens gopinath gorbunov
gordon gorshkov gorski goswami goto gottschalk gotz gould govender gowda grabowski grachev graf
graham grant grassi grasso graves gray greco green greenberg greene greenhalgh greer gregory
greifswald grewal grgic griffin griffith griffiths grigoriev grimes grimshaw grishin gromov gross
grosse grover gruffydd grunwald guerin guerra guerrero guevara guichard guillaume guillot
guimaraes guler gulyas gundersen gunes gunnarsson gunter gunther guo gupta gusev gustafsson
guthrie gutierrez guyot guzman gwynne gyasi haas haberland habibi haddad hagedorn hagen hahn hail
haile hajek hakansson hakimi halasz haldane hale haley hall halloran hallstein halvorsen
hamalainen hamdan hamdi hamilton hammond hammoud hamon hampton han hancock hanna hanrahan hansen
hanson hansson harada hardin harding hardy hargreaves hariri harmon harper harrell harrington
harris harrison hart hartman hartmann harvey hasan hasegawa hashemi hashimoto hashmi hassan
hasselbach hatfield haugen hauser hausmann hawk hawkins hayashi hayden hayes haynes hays heath
heathcote hebert heffernan hegarty hegde heidari heidemann heikkila heikkinen hein heinonen
heinrich heinze heller hellmann henderson hendricks hendriks hendrix hennessy henning henriksen
henriksson henry hensley henson herman hermann hernandez herrera herrero herring herrmann herve
hess hesse hester hickey hickman hicks hidalgo higginbotham higgins hijazi hill hines hinton ho
hoang hoarau hobbs hochstetter hodge hodges hoekstra hoffman hoffmann hoffmeister hofmann hogan
hohenstein holden holland holloway holm holmberg holmes holroyd holt holzmann honchar hong hood
hoolihan hooper hoover hopkins horak horn horne horton horvat horvath hosseini hosseinzadeh
houlihan house houston howard howe howell howells huang hubbard huber hubert hubner hudson huerta
huet huff huffman hughes huisman hull humphrey hunt hunter huppert hurley hurst hussain hussein
hutchinson huynh hwang ibanez ibarra ibragimov ibrahim idrissi iglesias ikeda ilic illingworth
ilyin ingram inoue ioannou ionescu iqbal isaev isaksson ishida ishii ishikawa iskakov ismail
ismailov ito ivanov ivanova iversen iyengar iyer izquierdo jaber jablonski jackson jacob jacobs
jacobsen jacobson jacquet jadhav jaeger jafari jagannathan jager jahn jain jakab jakob jakobsen
jakobsson jakubowski jalali jalloh james jang jankowski jansen janssen jansson jaramillo jarvinen
jarvis jasinski jatoi javadi javed jaworski jean jefferson jelinek jenkins jennings jensen jimenez
johannessen johansen johansson johns johnsen johnson johnston jokinen joly jones jonker jonsson
jordan jorgensen joseph joshi jovanovic juarez juhasz jukic julien jung juric kabbah kabbani
kaczmarek kadam kaiser kakar kakkar kalinin kalinowski kaltenbach kamara kamath kamau kaminski
kanaan kane kang kannan kapadia kaplan kapoor kapur karimi karimov kariuki karjalainen karlsen
karlsson karpov kato katona kaufmann kaur kavanagh kaya kazakov kazemi kazmi kazmierczak keane
kearney keating kebede kehoe keita keith kelleher keller kellermann kelley kelly kemp kendall
kendrick kennedy kennelly kent kermani kern kerr keskin khalaf khalil khalili khan khanna
kharchenko kharitonov khatri khattak khokhar khosravi khoury khumalo khurana kidd kilbride kilic
kilkenny kim kimura kincaid king kinney kinnunen kinsella kipchoge kiprotich kiptoo kiraly kirby
kirchhoff kirchner kirillov kirk kirkbride kirkpatrick kiselev kiss klein klimov kline klinger
kloppenburg klymenko knabe knapp knezevic knight knox knudsen knutsen knyazev kobayashi koch
kochetov kocsis koenig kohler kohli kohlmann kolar kolb kolesnikov kolodziej komarov konate kondo
kondratiev konecny konig konovalov konrad konstantinou kopecky korhonen korkmaz korolev koroma
kortmann koskinen koster kotov kouyate kovac kovacevic kovacic kovacs koval kovalenko kovalev
kovar kowalczyk kowalska kowalski kozlov kozlowski kraev krajewski kral kramer kraus krause
krautmann kravchenko krawczyk krejci kretschmer krishnan krishnaswamy kristensen kristiansen
kristoffersen kriz krol krueger kruger kruse krylov kubiak kucera kucharski kudryavtsev kuffour
kuhlmann kuhn kuhne kuiper kuipers kulikov kulkarni kumar kunda kunz kurt kurz kuzmenko kuzmin
kuznetsov kwiatkowski kwon lacroix lafferty lahtinen laine laitinen lakatos lakhani lam lamb
lambert lamont landmann landry lane lang lange langenberg langlois laporte lara larsen larson
larsson laskowski laszlo laurent lautenbach lawal lawrence lawson lazarev le leach leadbetter leal
lebedev leblanc lebrun leclerc leclercq lecomte lee lefebvre lefevre leger legrand leguin lehman
lehmann lehtinen lehtonen leitner lejeune lemaire lemmens lemoine lenz leon leonard leone leonov
leroi leroux leroy lesage lester leung leveque levin levine levy lewandowska lewandowski lewis li
liang lichtenberg liebermann lien lim lima lin lind lindberg lindenberg lindgren lindner lindqvist
lindsay lindsey lindstrom lis little liu livingston llewellyn lloyd lodhi lofgren logan loginov
lohmann lombardi lombardo lonergan long longbottom longo lonsdale lopes lopez lorenz lorenzo lott
loughlin louis love lovric lowe lowery lozano lu lucas lucero ludwig lugo lukacs lukyanov luna
lund lundberg lundgren lundin lundqvist lundstrom luo luque lutz lutzow lynch lynn lyon lyons
lysenko maas mabuza macalister macarthur macaulay macbride maccallum macdonald macdougall macedo
macfarlane macgregor machado macias maciejewski macinnes macintyre mack mackay mackenzie mackinnon
maclachlan maclean macleod macmillan macnab macneil macpherson macrae mactavish madden maddox
madonsela madsen maes magalhaes magana magnusson magyar mahajan mahajani mahfouz mahlangu mahmood
mahmoud mahmoudi mahoney maier maillard maiorov majewski majumdar makarov makela makgoba makhlouf
makhubela makinen makowski makris maksimov maldonado malek maleki malhotra malik malinowski mallet
mallick malone maloney maltsev maluleke malyshev mamedov mancini mandela mann manning manohar
mansour mantovani marchal marchand marchenko marchetti marciniak marechal marek mariani maric
marie marin marini marino markov markovic marks marquardt marques marquez marsh marshall
martensson martin martinelli martinez martini martino martins martinsen marty martynov marx maseko
maslov mason masri massey masson matei mathews mathieu mathis mathisen mathur matic matos matsuda
matsumoto matthews mattila mattsson matveev maurer maury maxwell may mayer maynard mayo mays mazur
mazurek mazza mbatha mbeki mbele mcalister mcallister mcalpine mcarthur mcbride mccabe mccaffrey
mccain mccall mccallum mccann mccarthy mccarty mcclain mcclelland mcclure mcconnell mccormack
mccormick mccoy mccullough mcdaniel mcdermott mcdonald mcdonnell mcdougall mcdowell mcelroy mcewan
mcfadden mcfarland mcgee mcgill mcginnis mcgovern mcgowan mcgrath mcgraw mcgregor mcguinness
mcguire mchugh mcinnes mcintosh mcintyre mckay mckee mckenna mckenzie mckinley mckinney mckinnon
mcknight mclaren mclaughlin mclean mcleod mcmahon mcmanus mcmillan mcnally mcnamara mcneil mcneill
mcnulty mcpherson mcqueen mcrae mcsweeney meadows medina medrano medvedev mehra mehrotra mehta
meier meijer mejia melendez melnikov melo melton memon menard mendes mendez mendoza mengistu menon
mensah mercado mercier meredith merritt mertens messina meszaros metzger meunier meyer meyers meza
mhlongo michael michaelis michalak michalski michaud michel michiels middendorf middleton
mikhailov mikheev milani milenkovic miles miller millet mills milosevic minhas miranda mirchandani
mironov mirza mirzaei mirzaie mishra misra mitchell mitra mitrofanov mittal mittelstadt miura
miyazaki mkhize mnguni modise moen moghaddam mohamed mohammadi mohammed mohanty mohr moiseev
mokhtari mokoena moldovan molefe molina moller molnar moloi moloney monaghan monnier monroe
montanari monteiro montero montes montgomery monti montoya moody moon mooney moore mora moradi
morales moran moreau moreira morel morelli moreno moretti morgan mori moriarty morin moroz morozov
morris morrison morrow morse mortensen morton moser moses mosley moss mostyn moulin moura mousavi
moya moyer mthembu mtshali mubarak muchemwa mueller mugabe mughal mukasa mukherjee mukhopadhyay
mulcahy mulder mulenga mulholland mullen muller mulligan mullins mulrooney mulvaney munoz munteanu
murakami murgatroyd murillo murphy murray murthy musa musil musonda mustafa mutasa mwale mwangi
mwanza myers mykhailenko nachtigall nadar nagel naguib nagy naidoo naidu nair najafi nakajima
nakamura nakano nambiar naqvi narang narayan narayanan nascimento nash nasrallah nasri nasser
natarajan naumann naumov navarro navratil nawaz nayak nayar nazarbayev nazari nazarov ncube ndiaye
ndlovu neal negash negri nel nelson nemec nemeth nesterov neubauer neugebauer neumann neves newman
newton ng ngcobo ngubane nguyen niazi nichols nicholson nicolas nielsen niemeyer niemi nieminen
nieto nikiforov nikitin nikolaev nikolaidis nikolaou nikolic nikzad nilsen nilsson nishimura nixon
njoroge nkosi nkrumah nnamdi noble noel nogueira nolan nordmann nordstrom norman norris norton
nouri novak novikov novosel novotny nowak nowakowski nowicki ntuli nugent nunes nunez nurmagomedov
nwosu nyambura nyberg nyerere nygaard nystrom nzimande obasanjo obermayer oberoi obi obrien
ochieng ochoa oconnell oconnor odhiambo odinga odom odonnell odonoghue odowd odriscoll oduya
odwyer ofarrell oflaherty ofori ogawa ogilvie oglethorpe ogrady ogunleye oh ohara oikonomou okada
okafor okamoto okane okeefe okeke okello okonkwo okoro okoye olah olawale oleary oliveira oliver
olivier oliynyk ollerenshaw olofsson olsen olson olsson olszewski oluwole omalley omeara omondi
oneal oneill ono onyango openshaw opitz opoku oppermann oregan oreilly orlando orlov ormerod
orourke orozco orr orsos ortega ortiz osborne osei oshaughnessy oshea osipov osman osterkamp
ostermann ostrowski osullivan otero otieno otoole otto ouedraogo ovchinnikov owen owens owusu
oyelaran ozcan ozdemir ozer ozkan ozturk pace pacheco padilla padmanabhan pagano page pahlavi
palacios pallesen palmer palmieri palumbo panagiotou panchenko pande pandey pandit pandya panov
paoletti papadakis papadopoulos papageorgiou papp pappas paracha pardo parekh parikh paris parisi
park parker parks parmar parra parrish parsons pascual pasha pasquier pastor patel paterson pathak
patil patnaik patrick patterson patton paul paulsen pavic pavlenko pavlov pavlovic pawar pawlak
pawlowski payet payne pearson peck pedersen peeters pellegrini pellegrino pelletier peltier
pemberton pena penas pennington penry peralta pereira perez peric perkins perkovic perret perrier
perrin perrot perry persson peter peters petersen peterson petit petrenko petrov petrova petrovic
pettersen pettersson pfannenstiel pfeffer pfeifer pfeiffer pham phan phelan phelps philippe
phillips phiri picard pichon pickersgill pierce pierre pietrzak pillai pillay pineda pinter pinto
piotrowski piras pires pitcairn pittman pitts plettenberg pohl poirier pokorny polak polat
polishchuk pollard polyakov ponce ponomarenko ponomarev pons poole pope popescu popov popovic
poppenhausen porter portillo pospisil postma potapov potter potts poulain poulsen pourahmad powell
powers prabhu prasad pratt prendergast preston pretorius prevost price priestley prieto prince
prins pritchard probert probst prochazka proctor prokhorov prokofiev prosser protheroe pruitt pugh
purohit qasim quaye quigley quinn quintana quintero qureshi racz radebe rademacher radic rafferty
rafiei raghavan raghunathan rahal rahimi rahman rahmani rai rajagopalan rajan rajput rakhimov
ramachandran ramakrishnan raman ramanathan ramaphosa ramaswamy ramirez ramos ramsbottom ramsey
rana randall randolph rangan ranganathan rangel ranjbar rantanen rao raslan rasmussen rastogi
rathore rauschenberg rawat rawlinson ray raymond raza razavi reddy redmond redondo reed reese
reeves rehberg rehm reichenbach reid reilly reinhardt reis remy renard renaud renault reuter reyes
reyna reynolds rezaei rhodes rhydderch ribeiro ricci rice rich richard richards richardson
richmond richter riedel riefenstahl rieger riley rinaldi riordan rios ristic ritter rivas rivera
rivers riviere rizvi rizzi rizzo roach robbins roberson roberts robertson robin robinson robles
rocha roche rodgers rodionov rodrigues rodriguez roger rogers rojas rolland rollins roman romano
romanov romero rosales rosario rosas rose rosen rosenbaum rosenberg rosenthal ross rossetti rossi
rostami roth rothschild rousseau roussel rousset roux rowbotham rowe rowland roy roychowdhury
royer rubio rudenko rudolph ruggiero ruiz rumyantsev rush russell russo rusu rutkowski ruzicka
ryan saarinen sabbagh sadeghi sadowski saeed saez sahin sahle sahni sahoo saini saito sakamoto
sala salas salazar saleh salehi salgado salinas salloum salminen salo salonen salvatore salzmann
samaras sampson samuelsson sanchez sandberg sander sanders sandhu sandoval sanford sanna sanogo
santana santiago santoro santos sanz saparov sargent saric sarpong sartori sasaki sato sauer
saunders savage savchenko savchuk saveliev savin savolainen sawicki sawyer saxena sayegh scanlon
schaefer schafer schaffer schaffner scheffler schellenberg schenk scherer schiffmann schiller
schilling schlegel schlesinger schlichting schmid schmidt schmitt schmitz schnabel schneider
schneiderman schoenberg scholten scholz schouten schramm schreiber schroder schroeder schubert
schuhmacher schulte schultz schulz schulze schumacher schuster schutz schwartz schwarz schweitzer
scott sedlacek sedlak segura sehgal seidel seidl seifert sellers semenov sengupta serban sergeev
serna serra serrano sesay sethi sexton shaaban shaffer shah shahbazi shaheen shaikh shanahan
shannon sharif sharifi sharma sharp shaughnessy shaw shcherbakov sheehan sheikh shelton shen
shenoy shepard shepherd sheppard sheridan sherman shetty shevchenko shevchuk shields shimizu shin
shinde shirazi short shukla shuttleworth sibanda siddiqi siddiqui sidebottom sidhu sidorov siebert
sierra sikora sikorski silva silvestri simek simmons simoes simon simonov simpson sims simsek
sinclair singh singhal singleton sinha sipos sissoko sithole sjoberg skinner skvortsov slattery
sloan small smethurst smirnov smit smith smits snow snyder soares sobczak sobolev soderberg sodhi
sofronov sokolov sokolowski solanki solberg soler solheim solis solomon soloviev soltani somani
sommer sommerfeld song soomro sorensen sorokin sorrentino sosa soto soukup sousa souza sparks
spears spence spencer spielmann srinivasan srivastava stafford stanek stankovic stanley stanton
stapleton stark steele stegemann stein steinbach steiner steinmeier stepanov stephan stephens
stephenson stepien sternberg stevens stevenson stewart steyn stoica stojanovic stokes stollwerk
stone stout strachan strand straub strauss strickland strohmeyer strong stuart suarez subbotin
subramaniam subramanian sullivan sultanov summers sun sundberg sussmann sutcliffe sutherland
sutton suzuki svendsen svensson svoboda swaminathan swamy swanson sweeney szabo szalai szczepanski
szewczyk szilagyi szucs szulc szymanski szymczak tabatabaei tadesse tafesse taheri tahiri takacs
takahashi takeda takeuchi taleb talwar tamura tan tanaka tandon taneja tang tannenbaum tanner
tantawi tapia tarasov tareen tashkentov tate tattersall tavares taylor tehrani teichmann teixeira
tekin tembo terrell terry tesfaye tessier testa thakkar thakur thalberg thapa thibault thiel thoma
thomas thompson thomsen thomson thornbury thorneycroft thornton threlfall tierney tikhomirov
tikhonov timmermans timofeev titov tiwari tkachenko todd toivonen tokayev tomasi tomaszewski tomic
toomey torok torres toth touil toure townsend tran traore trautmann travis treacy trejo tremblay
trevino tripathi trivedi trofimov trujillo truong tshabalala tsvetkov tucker tudor tuominen turan
turnbull turner turunen twomey tyagi tyldesley tyler ueda uhlmann ullrich ulrich umarov unal
underwood unger unsworth unterberger upadhyay urban urbanski urquhart usmani uzoma vaidya valdez
valencia valentin valentine valentini valenzuela vance vandam vandenberg vandenbroek vandenheuvel
vanderberg vanderheijden vanderlinden vandermeer vandermerwe vanderveen vandijk vanek vang
vanleeuwen vansteen vanvliet vanwyk varga vargas varghese varma vasiliev vasiliou vasquez vasseur
vasudevan vasylenko vaughan vaughn vazquez veenstra vega velasco velasquez velazquez velez
venkataraman venkatesan venkatesh venter ventura verbeek verhoeven verma vermeulen vesely vetter
vicente vidal vidovic vieira vila villa villalobos villanueva villarreal villegas vincent
vinogradov vinson virtanen visser vitale vitali vlasov vlcek vogel vogelsang vogt vohra voigt
volkov vollmer volynets vorobiev voronin voronov vos vries vu vukovic wachsmann wade wadhwa
wadsworth wafula wagenknecht wagner wahbi wainwright walczak waldmann walker wall wallace waller
wallin walls walsh walter walters walton wang wanjiku wanjiru ward ware warner warren washington
wasilewski wasserman watanabe waters watkins watson watts waweru weaver webb weber webster weeks
wegener wegner wei weidmann weigand weinstein weiss welch wells wendt wenzel werner west
westermann westphal wetzel wheeler whitaker whitcombe white whitehead whitfield whitney whittaker
wieczorek wiedemann wiese wiesenthal wiggins wigglesworth wikstrom wilcox wild wilder wiley
wilhelm wilhelmi wilk wilkerson wilkins wilkinson willems willemsen williams williamson willis
wilson wimmer windisch winkler winter winterbottom winters wirth wise wisniewski witkowski witt
wittgenstein wittmann wlodarczyk wogan wojciechowski wojcik wolde wolf wolfe wolff wolstenholme
wolters wong wood woodard woods woodward worku worthington wouters wozniak wright wrobel
wroblewski wu wunderlich wurzbach wyatt wysocki xie xiong xu yacoub yadav yakovlev yalcin yamada
yamaguchi yamamoto yamashita yamazaki yang yates yavuz yazdani yeboah yildirim yildiz yilmaz yoder
yoon yorath york yoshida young yousafzai youssef yu yudin yuksel yusupov zaidi zaitsev zajac
zakharov zakrzewski zalewski zamani zamora zander zapata zardari zavala zawadzki zeller zellweger
zeman zhang zhao zheng zhou zhu zhukov zhuravlev ziani zidane ziegelmann ziegler zielinski zimmer
zimmerman zimmermann ziolkowski zivkovic zuckerberg zuev zulu zuniga
)";
inline constexpr auto kFamily = words_of<count_words(kFamilyText)>(kFamilyText);

}  // namespace sallyport::scan
