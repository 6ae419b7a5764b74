// given_names.h: the given names that gazetteer.h knows: sorted, in small letters, without marks.
//
// Of gazetteer.cc alone. Typed by us from what is common in censuses and registers; no list was
// copied.
#pragma once

#include <string_view>

#include "dataplane/scan/read/word_text.h"

namespace sallyport::scan {

inline constexpr std::string_view kGivenText = R"(
aadu aaliyah aamir aaradhya aarav aarne aaron aarti abbas abdel abdelaziz abdirahman abdolreza
abdul abdulaziz abdullah abdulrahman abdurrahman abeba abebe abeer abel abena abhay abhijit
abhinav abhishek abida abigail abimbola abiodun abraham achieng achilleas ada adaeze adalynn adam
adanna adaora adebayo adebola adeel adel adela adelaida adele adelheid adelina adeline ademir
ademola adeola aderonke adetokunbo adewale adham adhiambo adil adilson adina aditi aditya adjoa
adnan adolfo adrian adriana adriano adrianus adrienn adrienne aduke adunni aeron afaf afolabi
afroditi afsaneh afshin afua afzal agata aggeliki aghavni agnar agnes agnese agneta agnieszka
agoston agota agustin ahlam ahmad ahmadreza ahmed ahmet ahsan ahuva aicha aida aidan aiden aigerim
aigul aija aiko aileen ailsa ailton aimee aine ainhoa aino ainur aisha aishwarya aisling aislinn
aissatou aiste aitana aitor aivars aizhan ajani ajay ajit akane akanksha akari akash akemi akhil
akihiko akiko akinyi akio akira akmal akos akosua akpan akshay akua akwasi alaa aladar alain
alajos alan alana alasdair alastair alba albert alberta albertina alberto albin alcides alda
aldair aldo aleena aleida alejandra alejandrina alejandro alejo alekos aleksandar aleksander
aleksandr aleksandra aleksei aleksi alemayehu alena ales alessandra alessandro alessia alessio
alex alexa alexander alexandra alexandre alexandros alexandru alexei alexey alexis alfons alfonso
alfred alfredo algirdas alhaji ali aliaa alice alicia alicja alin alina aline alireza alisa alisha
alisher alison alissa alistair aliya aliyah aljaz alka alkis allan allegra allen allison alma
almas almaz almudena alois alojz alojzija alok aloysius alper althea alva alvaro alvin alyssa
alzbeta amadeo amadi amadou amaka amal amalia amanda amandine amanuel amara amarachi amaral amaya
amber ambika amelia amelie amer amichai amin amina aminata aminu amir amira amirali amirhossein
amirkhan amit amita amitabh ammar amnon amol amparo amrit amrita amy ana anabel anagha anahit
anahita anais anand ananth ananya anara anas anastasia anastasios anatol anatoly anca anders
anderson andile andis andjela andor andras andraz andre andrea andreas andreea andrei andreia
andrej andreja andres andrew andrey andris andrius andrzej andy aneta anete anett anette angela
angelica angelika angelina angelines angelique angelo angelos angie angus anica anika aniket aniko
anil anirban anirudh anisa anish anisha anita anja anjali anjana anke ankit ankita ankur ann anna
annabel annabelle annalisa anne anneke anneli anneliese annelise annemarie annette annick annie
annika annukka anouk ansel anselmo ansgar antal antanas antero anthea anthony antigoni antje
antoine antoinette anton antonella antonia antonietta antonin antonina antonino antonio antonis
antti anup anupam anuradha anurag anush anusha anushka anwar anya anyango anze aodhan aoife
aparecida aparna apinya apolline apolonia apostolos araceli aram aranka arantxa arash aravind
archana archie ardeshir ardian areej arezoo arezou argyris ariadne ariana ariane arianna ariel
arindam aristotelis arjun arkadiusz arkady arlene arlindo armaan arman armand armando armas armen
armin armindo armine arnaud arnav arne arno arnold aron aroon arpad arpine arpit arpita arsalan
arsen arshad artak artashes artem arthur artis arto artur arturas arturo arturs arun aruna arunas
arundhati arvid arvind arvis arvo arvydas arwen asa asami asbjorn asel asen aset asgeir asha
ashanti ashenafi asher ashish ashkan ashley ashok ashot ashraf ashwin ashwini asif asim askar
aslam aslan aslaug asma asmaa asmita assel aster astghik astrid astridur asuka asuman atanas atef
atefeh athanasia athanasios atieno atilla atsuko atsushi attila aubrey audrey audrius august
augusta augustin aurelia aurelie aurelija aurelio aurimas aurora ausra austin ava avery avetis
aviad avigail avinash avishai avital aviva avner avraham avtandil awino axel ayaan ayaka ayako
ayame ayana ayanda ayano aybek ayelet ayesha ayhan aylin ayman aynur ayodeji ayodele ayomide ayse
aysegul aysel aysha aysun aytac ayten ayub ayumi ayush azadeh azamat azhar azita aziz aziza azra
azriel babacar babajide babak babar babatunde babette babu badr bahadir bahar bahareh bahman
bahram baiba bakary bakhyt bakyt balaji balazs balint baltasar bambang bamidele banu baoying
baptiste barbara barna barnabas barney barry bart bartholomew bartlomiej bartosz basel basem
bashir basia basma bassam bastian batbayar batuhan batya bauyrzhan bayarmaa beata beate beathan
beatrice beatrix beatriz becca beckett becky begona behnam behrouz behzad bekele bekzat belen
belinda bella ben bence benedek benedetta benedict benedikt benedita bengt benigno benita benito
benjamin benny benoit bente beppe beren berenice bergljot berhanu berit berkay bernadett
bernadette bernard bernardino bernardo bernd bernhard bernice berta bertalan bertha bertil
bertrand besik bess bessie beth bethan bethany betsy bettina betty betul beulah beverly beyza
bhanu bharat bharati bharti bhaskar bhavana bhavesh bhavna bhushan bhuvan bianca bibiana bijan
bilal bill billy bimal bingbing binta binyamin bipin birger birgit birgitta birgitte birgul birhan
birna birol birte biruta birute bistra bjarne bjorn blagoy blake blanca blanche blanka blessing
blythe bob bobbie bobby bodil bogdan bogdana boglarka bogomil boguslaw bohdan bohumil bohumila
bohuslav boitumelo bojan bojana bolaji bolanle bolat bongani bonnie boonsri borbala borek boris
borislav borja borje boryana bosko bostjan botagoz botond boubacar boyd boyko bozena brad bradley
bram brandi brandon brandy branislav branka branko branwen brayden brenda brendan brent bretislav
brett brian brianna bridget bridie brielle brigid brigitta brigitte brijesh brita britt britta
brittany brody bronagh bronwen bronwyn brooke bruce bruna brunhilde bruno bryan brygida brynjar
bryony bryson buket bukola bulent burak burcu bushra busisiwe busra byron byungho caden caetano
cagla cahal cahya caitlin caitlyn caitriona caleb callum calogero calum calvin cameron camila
camilla camille canan candace candice cansu caradog carina carl carla carlo carlos carlotta carmel
carmela carmelita carmelo carmen carol carole carolin carolina caroline carolyn carrie carsten
carys casey casilda casimir casimiro caspar cassandra cassie catalin catalina catalino catarina
caterina cathal catharina catherine cathleen cathy catrin catriona cayetano cecelia cecil cecile
cecilia cecilie cedric celestino celia celina celine celio celso cemal cemil cemre ceren cerys
cesar cesario cestmir ceyda ceylan chad chagit chaim chaitanya chaiwat chalerm chana chandan
chandra chanida chantal charalampos charis charlene charles charlie charlotte charmaine charo
charu chavdar chaya cheikh chelsea chema chen chenxi cheryl chester chetan chhaya chiamaka chiara
chibuike chibuzo chidera chidi chidinma chie chiedozie chieko chihiro chijioke chika chimamanda
chinedu chinedum chinonso chinwe chinyere chioma chipo chirag chisomo chitra chiyo chloe chris
christa christel christelle christian christiane christie christina christine christoph christophe
christopher christos christy chrysa chrysoula chukwudi chukwuemeka chukwuma chunhua ciara ciaran
cigdem cihan cillian cindy ciprian claire clara clarence clarice clarissa claude claudette claudia
claudine claudio claudiu claus clayton cleber cleide clemence clemens clement clemente clementine
clifford clifton clinton clodagh clotilde clovis clyde cody coen colette colin colleen colm colman
colton conall concepcion concetta conchita connor conor conrad constance constantin constanze
consuelo cora cordelia corentin corey corina corinna corinne cormac cornel cornelia cornelis
corneliu cornelius cory cosima cosimo cosmin costas costel courtney craig crina cristi cristian
cristiana cristiane cristiano cristina cristobal cristovao csaba csilla csongor cuneyt cuong
curtis cveto cynthia cyprian cyril cyrille daan daehyun dafna dafni daganit dagfinn dagmar dagny
daiane daichi daiga daiki dainis dainius daisuke daisy daiva dalal dale dalia dalit dalya damaris
damian damiano damiao damien damilola damir damjan damodar dan dana dandan danica daniel daniela
daniele danielle danijel danila danilo danit daniyar danjuma danny danuta daoud daphne daria
darian darina dario darius dariush dariusz darja darko darla darlene darragh darrell darren darryl
darshan darshana darya daryl daulet dave davi david davide davis davit davor dawid dawit dawn dean
deanna debashis debora deborah debra decha declan deepa deepak deepika deepti defne deiniol
deirdre deividas dejan delaram delia delilah della delores delphine delyth demet demetrius denes
denilson denis denisa denise deniz dennis derek dermot derrick dervla derya desanka desiree
desislava desmond despina detlef devendra devika devon dewi dexter dezso dganit dhananjay
dharmendra dhruv dhwani diallo diana diane dianna dianne diarmuid didier diego dieter dietmar
dietrich dijana dikeledi dilan dilara dilek dilip dilnoza dilwyn dimas dimitar dimitra dimitri
dimitrios dimitris dimo dimos dina dinara dinesh dinis dino dionisio dionysis dipti dirceu dirk
divya divyanka divyanshu djalma djibril dmitri dmitry dmytro doaa doga dohyun doina dolores
domagoj domas domen domenico domingo domingos dominic dominik dominika dominique domonkos don
donal donald donata donatas donatella donghyun dongwook donka donna donncha donovan dora doreen
dorian dorin dorina doris dorit doron dorota dorothea dorothee dorothy dorottya doug dougal
douglas dragan dragana dragica dragoljub dragos dragoslav drahomira drazen duane dubravka dugald
dumisani dumitru duncan dunja durga dusan dusanka dusica dustin duyen duygu dvora dwayne dwight
dylan dzintars eamon eamonn earl ebba ebele ebere eberhard ebony ebrahim ebru ebuka ecaterina ecem
eckhard eda edda eddie edelmira edeltraud edgar edgars edilson edin edina edita edith edmilson
edmond edmund edna edoardo edson eduard eduarda eduardo eduvigis edward edwin edyta eero eevi
efosa efrain efrat efthymia egidijus egil egon ehsan eiji eiko eileen eilidh eimear einar eino
eirian eirik eirini eirlys eitan eithne ekaterina ekene ekow ekrem eladio elaheh elaine elanor
eldad eldar eleanor eleftheria eleftherios elemer elena eleni eleonora eleuterio elfriede elham
eli eliana eliane elias eliezer elif elijah elin elina elinor elio eliot elisa elisabet elisabeth
elisabetta elisangela elise eliseu eliska eliyahu elizabeta elizabeth elizaveta elke ella ellen
ellie elliot elliott elmar elmer elnaz elodie elof eloise eloy elpida elsa elsbeth elsie elspeth
eluned elvira elwira elzbieta emanuel emanuela emanuele emanuil emeka emel emelie emeric emerson
emery emese emeterio emiko emil emile emilia emiliano emilie emilio emily emina emine emir emlyn
emma emmanuel emmanuella emmanuelle emmett emoke emrah emre emrys encarna endang endel endre eneko
engelbert engin eniko eniola enisa enrica enrico enrique enriqueta ensar ensio enzo eoghan
epifanio eraldo ercan erdal erdem erdogan eren erfan ergin erhan erhard eric erica erich erick
erik erika eriko eriks erin erkan erki erkki erlan erlend erling erma ermek ernani ernest
ernestina ernestine ernesto ernst erol ersin ertan ertugrul ervin erwin erzsebet eshwar esin eskil
esmaeil esme esmeralda espen esperanza esra esraa essie esteban estefania estela estelle estevao
esther eszter etelka eteri ethan ethel etienne etsuko euclides eugen eugene eugenia eugenie
eugenio eula eulalia eunbi eunhye eunice eunji eunjin eunjung eunkyung eunyoung eusebio eustaquio
eva evan evandro evangelia evangelos evaristo evdokia evelin evelina eveline evelyn everett evgeni
evgenia evgeny evija evren ewa ewan ewelina eystein eyup eyvind ezequiel ezgi ezinne ezra fabian
fabiana fabien fabienne fabio fabiola fabrice fabricio fabrizia fabrizio fadi fadia fadime fahad
fahri faisal faith faiza fajar falguni fangfang fanni fannie farah farai faraja faramarz faranak
fares farhad farhan fariba farid farida farideh farnaz farouk farrukh farshad farshid faruk farzad
farzaneh fatemeh faten fatih fatima fatimah fatma fatou fatoumata faustina faustino fausto fawad
fawzi faye fayez fazal fearghal federica federico fedor felicia feliciano felicity felipe felisa
felix femi femke fenna ferdinand ferenc fereshteh fergal fergus ferhat feride ferit fermin fernand
fernanda fernando feruza feyza ffion fiammetta fidel fidela figen fikre fikret filip filipa filipe
filippa filippo filippos filiz filomena finbar finlay finn fiona fionn fionnuala firas firat fitri
flavia flaviano flavio fleur flora florence florencio florentina florian floriane florica florin
floyd fola folake folarin folasade forough fotini fotis frances francesca francesco francine
francinete francis francisca francisco franciszek franck francka franco francois francoise frank
franka franklin frantisek franz franziska fred freda freddie frederic frederica frederick frederik
frederique fredrik freja freya frida frieda friederike friedhelm friedrich frits fritz frode
froilan fruzsina fulvio fulya fumiko fumilayo fumio funmilayo furkan fyodor gabija gabor gabriel
gabriela gabriele gabriella gabrielle gaetan gaetano gagan gagik gahyun gaia gail galih galina
gamze ganbaatar ganesh garba garegin gareth garik garima gary gaspard gaston gathoni gatis gaurav
gauri gautam gavin gavino gavriil gayane gayatri gayle gbenga gediminas geert geeta geir gellert
gemma genadi genaro genet geneva genevieve gennady gennaro genoveva genowefa geoff geoffrey
geonwoo georg george georges georgeta georgi georgia georgiana georgina georgios geraint gerald
geraldine geraldo gerard gerardo gerd gerda gergana gergely gergo gerhard germaine german gerrit
gerson gertrud gertrude gertrudis gervase gervasio getachew gethin gevorg geza ghada ghadir
ghassan ghazal gheorghe ghislaine ghita ghulam giacomo giada gianluca gianna gianni giannis gicu
gideon gidon giedre giedrius gil gilad gilang gilbert gilberto gilda giles gilles gillian gilmar
gilson gina gines ginette ginevra gino gintaras gintare gints giordano giorgi giorgia giorgio
giorgos giovana giovanna giovanni girish girma girts gisela gisele giselle gisle gita giti giulia
giuliana giuliano giulio giuseppe giuseppina gizella gizem gjertrud gladys glen glenda glenn
glenys gloria godfrey gohar gokce gokhan golnar golnaz gonca gonul gonzalo gopal gopi goran gorana
gorazd gordan gordana gordon gottfried govind gozde grace graciela graeme graham grainne graziella
grazina grazyna greg grega gregoire gregor gregorio gregory greta gretchen grete grethe grigor
grigore grigoris grigory grzegorz guadalupe gudrun guenther gugu guido guilherme guillaume
guillermo guiying gulay gulcan guler gulhan gulmira gulnara gulsah gulsen gulshan gulsum
gumersindo gunay gunhild gunilla gunnar gunta gunter gunther guntis gunvor guoqiang guram guri
gurpreet gustaf gustav gustavo guttorm guy gwen gwenda gwendolyn gwilym gwyneth gyongyi gyorgy
gyorgyi gyozo gyula haakon habib habiba habibeh hacer hadas hadi hadiza hadley hafsa hagit haider
haifa hailey hailu haitham haiyan hajime hajnalka hakan hakim hakob hakon haley halfdan halil
halima halime halina halit halldor haluk halvard halvor hamdi hamed hamid hamidreza hamish hamza
hana hanaa hanako hanan hande haneul hanieh hanna hannah hanne hannele hannelore hannes hannu hans
hansjorg hanspeter haoran haoyu harald hardik haresh harini haris harish harlan harold harper
harpreet harri harriet harriett harrison harry harsha harshad hartmut haruka haruki haruko harun
haruna haruto harutyun harvey hasan haseeb hasibe hasmik hassan hatem hatice hattie hauwa havard
havva hayat hayato haydar hayk hayley hayri hayriye hazal hazel hazem heather heba hebah hector
hedda hedvig hedwig heejin hefin heidi heike heikki heiko heimo heiner heino heinrich heinrike
heinz helder helen helena helene helga helge heliodoro helmi helmut helmuth heloisa hemant hemlata
hendra hendrik hendrika hengameh henk henna henning henri henrietta henriette henrik henrique
henriqueta henry henryk herbert heribert heriberto herman hermann hermenegildo hermine herminia
hermione hernan herve hesham hetal hicham hideaki hideki hideo hikari hikaru hilal hilario hilary
hilda hilde hildegard hilkka hillar hillel hilma hiltrud himanshu hinako hinata hipolito hiroaki
hiroki hiroko hiromi hiroshi hiroto hisako hisashi hisham hitesh hitomi hitoshi hjalmar hjordis
hodan holger holly homa hongmei honoka hooman horacio horia hormoz horst hortense hossam hossein
houman hovhannes hripsime hristo hrvoje huba hubert huda hugh hugo hugues huguette huifang hulya
humaira humayun humberto humphrey hunor huong huseyin husnu hussam hussein huyen hyejin hyeon
hynek hyunjin hyunsoo hyunwoo hywel iain ian iancu iara ibolya ibrahim ibrahima ibtisam ibukun
ichiro ida idowu idris idrissa iestyn ieuan ieva ifeanyi ifeoluwa ifeoma ifeyinwa ifrah iftikhar
ignacio ignas ignatius igor ihab ihor ijeoma ikechukwu ikenna iker ikram ilana ilaria ilayda
ildiko ileana ilga ilhan ilian iliana ilias ilie ilija ilinca iliya ilka ilker ilkka ilknur ilmari
ilona ilse ilyas ilze imad imants imbi imelda imke imogen imoh imola imran imre inacio inaki inara
inas inaya inbal indah indira indrani indrek ineke ines inese ineta inez inga inge ingeborg
ingeburg ingegerd ingemar inger ingmar ingo ingolf ingrid ingus ingvar ingvild inka inken inkeri
inmaculada inna inseong ioana ioanna ioannis iolanda ionela ionut iosif ipek iqbal iraj irakli
irem iren irena irene irenka irfan iria irina irineu iris irma irmgard irmina isaac isabel isabela
isabella isabelle isadora isaias isamu isao isaura isha ishaan ishaq ishita ishwar isidora isidro
iskra isla ismael ismail ismet isolde israa istvan itamar itsuki itumeleng itzhak itziar iulia
iulian iuliana ivan ivana ivanka ivar ivars ivaylo ivelina ivett ivette ivica ivo ivona ivone
ivonne iwan iwona iyad izabela izabella izumi jaak jaakko jaanus jaap jabari jaber jabulani jacek
jacinta jacinto jacira jack jackson jacky jacob jacobo jacobus jacopo jacqueline jacquelyn jacques
jadranka jadwiga jaehyun jaeyoung jagan jagdish jagoda jahangir jahanzeb jaime jakob jakub jalal
jaleh jamal jameela james jameson jamie jamila jamshid jan jana janaina janaki jandira jane janet
janez janice janie janina janine janis janka janne janos janusz jared jari jarkko jarle jarmila
jarmo jaromir jaroslav jaroslava jaroslaw jarrod jasleen jasmin jasmina jasmine jasna jason
jaspreet jassim jatin jaume javad javed javier jawad jaxon jay jaya jayant jayanti jayden jayesh
jazmin jean jeanette jeanine jeanne jeannette jeannie jeannine jeff jeffery jeffrey jelani jelena
jelica jelle jemima jenna jennie jennifer jenny jeno jens jeremiah jeremie jeremy jernej jeroen
jerome jerry jerzy jesper jesse jessica jessie jesus jesusa jiahao jianguo jianhua jianjun jiaqi
jiayi jieun jignesh jihoon jihye jihyun jill jillian jim jimena jimmie jimmy jindrich jindriska
jingjing jingyi jintana jinwoo jiri jirina jisoo jitendra jitka jiwon jiwoo jiyeon jiyoung joachim
joan joana joann joanna joanne joao joaquim joaquin joaquina jocelyn jochem jochen jodi jodie jody
joe joel joelle joelma joerg johan johann johanna johannes john johnnie johnny jolan jolana
jolanda jolanta jolene jolie jonas jonathan jongin joohyun joost jordan jordana jordi jorg jorge
jorgen joris jorja jorunn jose josef josefa josefina josefine joseph josephine josephus josette
josh joshua josiah josip jostein josue jouko joumana jouni jovan jovana jovica joyce joze jozef
jozefa jozsef juan juana juanita juanjo juanma juarez jucara judit judith judy juergen juha juhana
juhani jukka jules julia julian juliana juliane julianna julianne juliano julie julien juliet
julieta juliette julio julius jumoke jun junaid june junghwan junhao junho junichi junjie junko
junseo juozas jurandir jurate jurgen jurgis jurgita juri jurij jussara jussi justas justin justina
justine justyna jutta jyoti jyotsna jyrki jytte kaarel kaarina kabir kabiru kacper kadir kadiri
kadri kadriye kaede kagiso kai kaiden kaido kaie kaija kailash kairat kaisa kaisu kaitlin kaitlyn
kaito kaja kajal kajetan kaleb kalervo kalevi kalina kalinka kalle kalliopi kalman kalpana kalyani
kamal kamala kamau kambiz kamil kamila kamilla kamini kamon kamran kamuran kanako kanat kanchan
kang kanya kaori kaoru kapil kara karabo karanga karapet kare kareem karel karen karim karima
karin karina karine kariuki karl karla karlheinz karlygash karmen karol karoliina karolina
karoline karolis karoly karsten karthik kartik kashif kasia kaspar kaspars kasper kasumi katalin
katariina katarina katarzyna kate katerina katharina katharine katherine kathi kathleen kathrin
kathrine kathryn kathy katia katie katinka katja katlego katri katrin katrina katrine katsumi
katya kauko kaushik kaveh kavita kavitha kavya kayla kaylee kazimiera kazimierz kazuhiko kazuhiro
kazuki kazuko kazumi kazuo kazuya kazys kebede kedar kees kehinde keiichi keiji keijo keiko keira
keisha keisuke keita keith kelechi kelley kelli kellie kelly kelvin kemal kemi ken kenan kendra
kenechukwu kenichi kenji kenneth kenny kent kenta kentaro kenyatta kerem kerim kerry kerstin
keshav kestutis ketan ketevan ketil ketut kevin keyvan khachatur khadiga khadija khadijah khadim
khadra khady khaldoun khaled khalid khalil khanh khatia khethiwe khosrow khulood khurram khushi
kianoush kiara kiarash kibet kieran kim kimani kimberley kimberly kimiko kimmo kinga kinsley
kipchoge kipkemboi kiprono kiran kiril kirill kirk kirsi kirsten kirstie kirstin kirsty kirti
kishore kittipong kiyoshi kjartan kjell kjersti kjetil klaas klara klaudia klaus kleio klemen
klemens knut koen koffi kofi kohei koichi koji kojo komal konrad konstantin konstantina
konstantinos koorosh koray korbinian kornel kornelia kostas kosuke kotaro kouta krasimir krasimira
krishna krisjanis krista kristaps kristen kristi kristian kristiane kristie kristijan kristin
kristina kristine kristiyan kristjan kristof kristoffer kristy kristyna kriszta krisztian
krisztina kritika krunal krystal krystian krystyna krzysztof ksenia ksenija kuanysh kubra
kudakwashe kulli kulsoom kumar kumari kumiko kunal kunle kurnia kursat kurt kusum kveta kvetoslava
kwabena kwadwo kwaku kwame kwasi kwesi kyle kyohei kyoko kyra kyriaki kyriakos kyung kyungsoo
lachezar lachlan ladislav laetitia laila laima laimonas lajos lakshman lakshmi laleh lalit lalita
lambert lambros lamia lamine lana lance landon lara larisa larissa larry lars lasha lasma lasse
lassi laszlo lateef latha latifa latife latisha latoya laura laure laureen laurel lauren laurence
laurene laurent laurentiu lauri laurie laurindo lautaro lavanya laverne lavinia lavrentis lawrence
laxmi lazar lazaro laziz lea leah leandra leandro leanne lebo lebogang lech leela leena lefteris
leif leila leili leire lejla lembit lemlem lempi lena lenka lennart lennox leo leocadia leon leona
leonard leonardo leoncio leonel leonhard leoni leonid leonidas leonie leonor leonora leonore
leopold leos lerato leroy lesley leslie lestari lester leszek leticia letizia levan levent levente
levi levon lewis leyla liadan liam liaqat liban libor libuse lida lidia lidija lieke liene
liesbeth liesel lieselotte ligia lihua liisa liisi lijuan lila lilach lilia lilian liliana
lilijana liling lilit lilla lillian lillie lilly lily lilyana limor lina linas linda lindani
lindiwe lindsay lindsey lingling linnea lisa lisabeth lisbeth lise liselotte lisette litsa liv
livia liviu liwei ljiljana ljubica ljubisa ljubomir ljudmila llinos llorenc lloyd lluis loes logan
loic lojze lokesh lola lolita lonnie lora lorand lorant lorcan loredana lorelei lorena lorene
lorenza lorenzo loreta loretta lori lorinc lorna lorraine lothar lotte louis louisa louise loukas
lourdes lourenco lovorka lowell lowri luana luay lubica lubna lubomir lubos luc luca lucas lucia
lucian luciana luciano lucie lucien luciene lucienne lucija lucille lucimar lucinda lucineide
lucio lucja lucjan lucrezia lucy lucyna ludek ludmila ludovic ludovica ludwig luigi luis luisa
luise luiz lujain luka lukas lukasz luke lula luminita lungile lusine lutz luuk luz luzia lwazi
lydia lydie lynda lyndsey lynette lynn lynne lyubomir lyubov lyudmil lyudmila maarit maarten
maayan mabel mable macarena macario maciej maciel mackenzie madalin madalina madan maddalena
madeleine madeline madelyn madhav madhavi madhu madhuri madhusudan madina madis madison madoka mae
mael maeve magali magda magdalena magdolna maged maggie magne magnus mahad mahdi mahdieh mahendra
maher mahesh mahin mahmoud mahmut mahnaz mahnoor mahsa mahshid mahtab mahvash maija maik maike
maiko maina mairead mairi maite maja majed majid makena makis makoto maksim maksym malachy malala
malcolm malee malgorzata malik malika malin malka malou malwina mamadi mamadou mamie mamoru mamta
mamuka manal manami manana manasi mandana mandisa mandla mandy manfred mangesh manish manisha
maniya manju manjula manjunath manoel manohar manoj manolis manolo manon mansour mansoureh mantas
manuel manuela manuella maram marat marc marcel marcela marcelina marcelino marcell marcella
marcello marcelo marcia marcial marcin marco marcos marcus mareike marek maren margaret margareta
margarete margarethe margarida margarita margaux marged margherita margie margit margot margret
margrethe margriet margrit marguerite margus maria mariam mariama mariame marian mariana mariann
marianna marianne mariano maribel maricarmen marie marieke mariella marielle marietta marija
marijana marijke marijus marika mariko marilena marilene marilia mariluz marilyn marin marina
marine marinela mario marion marios maris marisa marisol maristela marit marita maritza marius
mariusz mariya marja marjan marjana marjatta marjeta marjo marjolein marjorie mark marketa markku
marko markos markus marlen marlena marlene marlies marlon maroussia marsha marshall marta marte
marten martha martijn martin martina martine martinus marton martti martyna marvin marwa marwan
mary marya maryam maryann maryna marzena masaaki masahiko masahiro masaki masako masami masanori
masaru masashi masato masayuki masoud masoumeh massimo matan matej mateja mateo mateos mateus
mateusz matevz matheus mathew mathias mathieu mathilda mathilde matias matilda matilde matjaz
matous mats matt matteo matthew matthias matthieu matti mattia mattias mattie matyas maud maude
maura maureen maurice mauricio maurizio mauro max maxime maximilian maximiliano maximo maxine maya
mayada mayank maysa maysoon mayumi mayur mazen mbali mechthild medea meelis meena meenakshi meera
meeri megan megha meghan meghna megumi mehdi mehmet mehran mehrdad mehreen mehrnaz mehtap mehul
mehwish mei meihua meike meiling meinir meinrad mekdes melania melanie melba meleri meles melike
melina melinda melis melisa melissa meltem melvin menachem mengyao menna merab meral mercedes
mercy meredith merete merike merle meron mert meruert merve meryem mesut metin metka mette mevlut
mhairi mher micaela micah michael michaela michaele michail michal michalis micheal michel michela
michele micheline michelle michiel michiko midori mieczyslaw mieke mieko miguel miha mihael
mihaela mihai mihail mihajlo mihaly mihir mihkel mihnea miho mika mikael mike mikel mikhail
mikheil miki mikio mikkel mikko miklos mikolaj miksa mila milad milada milan milana milanka
mildred milen milena miles milica milind milivoje milja miljana miljenko milka milla millie
milojka milorad milos miloslav miloslava milous milovan milton miluse mimi min mina minah minako
minal minato mindaugas mindy ming minghui mingxia mingyu minhee minho minjae minji minjun minna
minnie minoru minseo minsu mirae miranda mircea mireia mireille mirela mirella miriam mirja mirjam
mirjana mirko mirna miroljub mirona miroslav miroslava miroslaw mirsad mirva misaki mitchell
mithun mitja mitko mitra mitsuki mitsuko mitsuo mitsuru miyako miyoung miyu miyuki mizuki mkhize
mkrtich mladen moacir modou modupe mohamed mohammad mohammadreza mohammed mohan mohannad mohini
mohit mohsen mohsin moira moises mojca mojgan mojisola mojtaba molly momchil momcilo momoka momoko
monali moncef moneim monica monika monique montse montserrat moonika morag mordechai morfydd
morgan morgane moritz morris morten morteza mortimer moshe mosi mostafa mounir moussa mpho mridula
mrinal mthunzi muammer mubashir mucahit muge muhammad muhammed muhammet muhsin muiris mukesh
mukhtar mukul mulugeta mumbi muna munashe muneeb muneer mungo munir munira murali murat murdo
muriel murod murtala mustafa mustapha muthoni mutiso muzaffer mwende mykola myra myriam myrtle
myrto naama nabeel nabil nabila nace nachum nadav nadeem nader nadezda nadezhda nadia nadine nadja
naeem nafisa naftali nagaraj nagat nagesh naglaa nagore nagwa nahed nahid nahla naima nairi najib
najla najwa nalan naledi nalini naman namjoon namrata nanami nancy nandi nandini nandor nanette
naoki naoko naomi naoto narayan narek narendra naresh narges nargiza narine nasim nasir nasreen
nasrin nasser nastaran natacha natalia natalie natalija natalya natan natasa natascha natasha
natela nathalie nathaly nathan nathaniel natsuki natsumi nattapong nattaya naveed naveen navid
navin nawal nayef nazan nazanin nazario nazgul nazia nazila nazim nazli ndeye ndidi nebojsa necati
nechama necla nedeljko nedyalko neelam neeraj neeta neetu negar negin neha nehal nehemia neide
neil nejc nekane nektarios nela nele nelia nellie nelly nelson nelu nemanja nenad nerea nerijus
neringa nermin nermine nerys nese neslihan nesreen nesrin nesrine nestan nestor nettie neusa
nevaeh nevena nevenka nevin nevine nghia ngozi nguyet nhung niall niamh nicanor niccolo nicholas
nichole nick nicki nicky nico nicola nicolae nicolai nicolas nicolau nicole nicoleta nicoletta
nicusor nidal nidhi niels nieves nigel nigora nihan nihat niilo niina nijole nikhil nikita niklas
niko nikola nikolai nikolaos nikolaus nikolay nikolett nikolina nikos nilam nilay nilesh nilgun
nilima niloofar niloufar nils nilson nilufar nilufer nima nimco nimisha nimrod nina ningsih nino
niran nirav nirmala nisha nishant nishi nissim nitin nitya nitzan nivaldo nizar njeri njoki nkechi
nkiru nkosana nnamdi nneka noah noboru nobuko nobuo nobuyuki nodar nodir noelia noemi noemie
nokuthula nolan noman nomsa nomvula nonhlanhla nonna nonso nora norah norbert norberto noreen
noriko norina norio norma norman normunds nouf nour noura nozomi nthabiseng ntombi nuala nugzar
nuno nupur nuran nuray nurbek nurcan nurettin nurhan nuri nuria nurit nurlan nursultan nurten
nurul nwanneka nyambura nyasha nyokabi oana obdulia obinna obioma obrad octavia octavian octavio
odai odair oddvar odette odhiambo odile odion odon ogechi ognjen ognyan oguz oguzhan oisin okan
okechukwu okoth oksana oktay olabisi olaf olajide olalla olamide olanrewaju olav olavi olavo
oldrich ole oleg olegario oleksandr oleksii olena olga olimpia oliver olivera olivia olivier
oliwia olli ollie olof oluchi olufemi olumide olusegun oluwaseun oluwatobi olwen omair omar omari
omer omkar omnia omolara omondi omotola onder ondrej onome onur onyango onyeka onyinye oonagh
opeyemi orathai orazio orhan orlaith orlanda orlando ornella orsolya osagie osama osamu oscar
osian oskar oskari oskars osman osmar osnat ostap osvaldo oswald oszkar otabek otakar otar otavio
othman ottavia ottavio ottilie otto ouafa oumar ousmane outi ovidiu owain owen owino oybek
oyelaran oystein oyunchimeg oyvind ozan ozge ozgur ozlem oznur ozoda paal paavo pablo paco paddy
padma padmini padraic padraig paige paivi pakorn palesa pallavi palle paloma pam pamela panagiota
panagiotis pandu panida pankaj panos paola paolo paquita parag paras paraskevi parastoo paresh
parinaz parisa parth parul parvaneh parvati parveen parviz pascal pascale pascual pasqual pasquale
patcharin patrice patricia patricija patricio patrick patrik patrizia patrycja patryk patsy patti
patty paul paula paulette pauli pauliina paulina pauline paulino paulius paulo pavan pavel
pavithra pavla pavlina pavlo pavlos pawan pawel payal payam peadar peder pedro peer peeter peggy
peiyi pekka pelagia pelin penelope pengfei penka penny pentti pepe per percival perihan periklis
pernille perpetua perry pertti pervez petar pete peter peteris petko petr petra petras petre petri
petronela petros petru petrus petter petteri petula petya peyman peyton phil philip philipp
philippa philippe philippos phillip phindile phoebe phung phuong phyllis pia piero pierre
pierrette pierrick piet pieter pietro pilar pimchanok pinar pinchas piotr piper piret pirjo pirkko
piroska pitt piyush placido plamen plamena pnina policarpo polina polona polyxeni pompeyo pongsak
pooja poonam pooya poppy poul pouria pouya povilas prabha prabhakar prabhu prachi pradeep pradip
prafulla prajakta prakash pramod pranav pranjal prapaporn prasad prasanna prasetyo prashant
prashanth pratap prateek pratibha pratik pratima praveen pravin preben predrag preecha preetam
preethi preeti prem premysl prerna preslav priit primoz priscilla pritam pritesh prithvi priti
priya priyanka prudencio przemyslaw puja puneet punit purnima pushpa puspita pyotr qasem qasim
qiang qingyun quentin quincy quintin quiteria quyen quynh rabab rabia rachael rachana rachel
rachelle rachid radek radha radhika radim radka radmila radojka radomir radoslav radoslaw
radostina radovan radu raed rafael rafaela rafal rafat raffaele raffaella rafik rafiq raghad
raghav raghavendra ragheb raghu ragna ragnar ragnhild rahayu raheem rahel rahim rahima rahmat
rahul raija raili raimo raimondas raimonds raimund raimunda raimundo rainer raisa raissa raitis
raivo raj rajani rajat rajeev rajendra rajesh rajiv rajko rajkumar rajni raju rakesh raksha ralf
ralfs ralitsa ralph raluca ramachandra ramakrishna ramatoulaye ramazan ramesh rami ramin ramiro
ramon ramona ramunas ramya ramzi randa randall randi randy rania ranjan ranjana ranjit raoul
raphael raquel rasa rasha rashad rasheed rashid rashida rashmi rasika rasmus ratan ratko ratna
rattana raul rauno ravi ravindra ravshan rawan ray rayan raymond razan razia razmik razvan rebecca
rebekah recep reema refilwe reggie regina reginald reginaldo rehan rehema reidar reidun reijo
reiko reina reinaldo reiner reinhard reinhold reinier reino reka rekha relu remi remigiusz remus
remy renaldo renan renars renata renate renato renaud rene renee renuka renzo reshma restituto
retha reuven revathi reza rezo rezso rhian rhiannon rhodri rhona rhys ricarda ricardo riccarda
riccardo richa richard rick ricky rieke rifat rigoberto rihards riikka riina riitta rika rikako
rikard rikke riku rikuto riley rimantas rina rinat rishabh rishi risto rita ritesh ritika ritu
rituparna rivka riya riyad riyadh rizki rizwan roald rob robert roberta roberto roberval robin
robyn rocco rochelle rocio roderick rodney rodolfa rodolfo rodolphe rodrigo rodrigue roel roelof
rogelia rogelio roger rogerio rogier rohan rohini rohit roisin rokas rokhaya roland rolanda
rolando rolf romain roman romana romeo romina romola romuald romy ron ronald ronaldo ronan ronen
rongrong ronit ronja ronke ronnie ronny roopa roque rory rosa rosalba rosalia rosalie rosalind
rosalinda rosamund rosana rosangela rosanna rosario rosaura rose roselyne rosemarie rosemary
rosendo roshan roshni rosie rosilene rosina rosita rositsa ross rossana rossella rostam rostislav
roswitha rotimi roula rowaida rowan rowena roxana roxane roxanne roy roya roza rozalia ruairi
ruaridh ruben rubens rubina ruby rucha ruchi ruchira rudi rudiger rudolf rudolfs rudolph rudy
ruediger rufaro rufina rufino rufus ruhollah rui rukhsana rukiye rumen rumyana ruoxi rupali rupert
rupesh rushikesh ruslan russell rustam rusudan ruta rutger ruth ruthie ruud ruvimbo ruxandra ruy
ruzanna ruzena ryan rylee ryo ryoko ryosuke ryota ryszard rytis ryuichi ryuji saana saara sabah
sabin sabina sabine sabra sabri sabrina sabrine saburo sachiko sachin sadaf sadao sade sadhana
sadia sadie sadik sadiq saeed saeid safaa safiye sagrario sahana sahar saida saif saima sajid
sajjad sakari sakchai saket saki sakiko sakshi sakura salah saleh salif salim salisu salla sally
salma salman salome saloni saltanat salvador salvatore salwa sam samah saman samaneh samantha
samar samara samat sameer sameh sami samia samiksha samina samir samira samuel samuele samuil
samuli samvel sanaa sanaz sancho sandeep sander sandhya sandie sandile sandip sandis sandor sandra
sandrine sandro sangeeta sangita sangwoo sanita sanja sanjana sanjay sanjeev sanket sanna sanne
santhosh santiago santino santosh saoirse saori sapna sara sarah sarala saraswati sarfraz sargis
sarika sarit sarita sarka saroj sarolta sasan sascha sashi sasikala saskia satish satoko satomi
satoru satoshi satria satsuki satu saturnino satyajit satyam satyendra saule saulius saurabh
saverio savina savita savvas sawsan sayaka sayuri scarlett scott seamus sean seana sebastiaan
sebastian sebastiana sebastiano sebastiao sebastien sedat seema sefa segun sehnaz seiichi seija
seiji sekou selam selamawit selcuk selda selena selim selin selina selma semih semra semyon senad
senol seohyun seojun seonaid seonghyun seoyeon seoyun sepideh seppo serafin serap serdar serena
serge sergei sergey sergio sergiu serhat serhii serhiy serik serkan serpil setareh seth setiawan
setsuko seun seungho sevara sevda severiano severin severine severino sevgi sevil sevim seydou
sezen sezer sfiso shabana shabbir shabnam shadi shagufta shahab shahbaz shahid shahin shahla
shahnaz shahram shahrzad shaikh shaila shailesh shaimaa shaista shaka shakeel shakil shalini
shalva shane shanice shankar shannon shanti shapour sharad sharada shari sharmila sharon shashank
shashi shaul shaun shauna shavkat shawn shawna shazia sheelagh sheetal shehu sheida sheikh sheila
shekhar shelby shelia shelley shelly sheri sherif sherine sherri sherry shervin sheryl sherzod
shigeo shigeru shikha shilpa shilpi shima shimon shingo shinichi shinji shinobu shiori shira shiri
shirin shirlee shirley shivam shivani shivkumar shizuka shlomi shlomit shlomo shmuel shoaib shobha
shobhana shogo shohei shohreh shoichi shoji shoko shona shorouk shoshana shota shraddha shravan
shreya shreyas shruti shubham shubhangi shufen shuichi shukhrat shulamit shunsuke shuqin shweta
shyam siamak sibel sibongile sibusiso sibylle siddharth siddhi sidney sidra siegfried sieglinde
siegrid sigal sigbjorn sigita sigitas sigmund signe sigrid sigrun sigurd sigvard siham sihan siim
siiri silas silja silje silke silvan silvana silvester silvia silvie silvio silviu simao simas
simeon simge simin simon simona simone simonetta simphiwe simran sina sinan sindhu sindre sinead
sinem sinisa sinta sintija siobhan sioned siphiwe sipho siranush siriporn sirje sirkka sirlei
sirpa sissel siv siwan siwoo sixten siyabonga sizwe skaiste skirmante sladjana slavica slavka
slavko slawomir slobodan smadar smita smriti sneha snehal snezana snezhana sobia sofia sofie
sohail sohair soham sohan sohee soheil soheila sohrab soile solange soledad solene soliman solveig
solvi somchai somnath somsak somto sonal sonali songul sonia sonja sonsoles sonya soojin sooyoung
sophia sophie sopho soraya sorcha soren sorin sorina soroush sorush sota sotiria sotiris souad
souleymane soumaya soumya sourav spasoje spencer spyridon spyros srdjan srecko sreeja sridevi
sridhar srikanth srinivas srinivasan stacey stacy stamatis stan stane stanimir stanimira stanislas
stanislav stanislava stanislaw stanislawa stanka stanko stasia stathis stavros stavroula stefan
stefania stefanie stefano stefanos steffen steffi stefka steinar stelian steliana stelios stella
stellan stepan stepanka stephan stephane stephania stephanie stephen sterling stevan steve steven
stewart stian stig stijn stina stipe stjepan stojan stoyan stoyanka stratos struan stuart sture
sturla suad suat subhash subin subramanian suchada suchitra sudha sudheer sudhir sudirman sue
suely suha suhail suhair suharto suhas sujata sujin sujit sukanya sukhrob sukma sukran sulaiman
sule suleiman sulejman suleman suleyman sulkhan sulochana sultana sumaira suman sumathi sumaya
sumedha sumeyye sumiko sumin sumit sumitra sunaina sunanda sundar suneeta sungho sunghoon sunhee
sunil sunisa sunita sunitha sunmi sunniva supaporn suphachai supriya surabhi suraj surasak surbhi
surekha surendra suresh surinder surya susan susana susann susanna susanne susanti sushant sushil
sushma susie susilo susumu suzana suzanna suzanne suzette svante svatava svatopluk svein sveinn
sven svenja sverre svetislav svetla svetlana svetoslav svilen svitlana swapna swapnali swapnil
swara swati sybil sybille syed sylva sylvain sylvester sylvia sylviane sylvie sylwester sylwia
synnove szabina szabolcs szilard szilvia szymon tabea tabitha tadas tadashi tadej tadesse tadeusz
tadhg taehyung taeyang tafadzwa taghreed tahir tahira tahmineh taichi taina taiwo takahiro takaki
takako takao takashi takeo takeru takeshi takis takudzwa takuma takumi takuya talal talfryn talha
talia talita tamar tamara tamas tamaz tamer tami tamika tamiko tamir tammy tamotsu tamsin taneli
taner tania tanisha tanja tanmay tanveer tanvi tanvir tanya tapani tapio tapiwa taqi tara taraneh
taras tarcisio tarek tarik tariq tariro tarja tarkan tarmo taro tarun tasha tasneem tasos tatenda
tatevik tatiana tatjana tatsuo tatsuya tatyana taufik tauno tayfun teboho ted teemu tegan teguh
tegwen tehila teija teimuraz tejas tejaswini tekle telesforo tellervo telma temesgen temitope
temur tendai teodor teodora teodoro teodosio teofilo teoman terence teresa teresinha terez tereza
terezia terezie terezinha terhi teri terje tero terrance terrence terri terry terttu teruo tess
tessa tetsuo tetsuya teun tewodros thabiso thabo thaddeus thaer thais thamer thanakorn thanasis
thanawat thandeka thandi thandiwe thanos thao thato thea thelma themba thembeka thembi themis theo
theodor theodora theodore theodoros theofilos theresa therese theresia theron thiago thibault
thien thierry thijs thilo thinh thodoris thokozani thomas thomasz thomine thor thorbjorn thorsten
thorvald thuan thulani thuy tiago tianyi tiberiu tibor tidiane tiernan tiffany tigist tigran
tihamer tihana tihomir tiina tiiu tijana tilda tilen tillmann tilly tilman tim timea timo timofey
timoteo timothee timothy timur tina tinashe tinatin tineke tingting titilayo tivadar tiwa tizian
tiziana tiziano tjark tjasa tobechukwu tobenna tobi tobias toby todd todor togzhan toivo tolga
tolulope tom tomas tomasa tomasz tomaz tomio tomislav tommaso tommie tommy tomohiro tomoka tomoko
tomomi tomos tomoyuki tonderai toni tonis tony tonya toomas torben torbjorn tordis torgeir torgrim
torhild toril torill torleif tornike torquil torstein torsten toru torunn toshiaki toshiko toshio
tove tracey traci tracy traian trang travis treasa trevor tricia triin trine trish trisha tristan
trond troy trude trudy truong trupti trygve tsegaye tsehay tshepo tsipi tsubasa tsutomu tsuyoshi
tsvetan tsvetana tsvetelina tudor tudora tudur tugba tugce tuija tulay tullio tumelo tuncay tunde
tuomas tuomo turgut turid turlough tushar tuula tuulikki tuyet tyler tyrone tzipora ubaldo
ubiratan uche uchenna uday udo ufuk ugo ugochi ugochukwu ugur ujjwal ujwal ujwala uldis ulf ulises
ulla ulle ulrica ulrich ulrika ulrike ulugbek uma umair umar umberto umesh umida umut unathi unni
uolevi upendra uriel urmila urooj uroslav urpo urs urska ursula urszula urvashi usha usman utami
ute utkarsh uttam uwe uzoma vaclav vaclava vadim vaggelis vahagn vahan vahe vahid vaibhav vaida
vaidas vaishali vaishnavi vakhtang valdas valdeci valdemar valdir valdis valdomiro valentin
valentina valentino valentyna valeri valeria valerian valerie valerio valero valery valmir vanda
vandana vanderlei vanesa vanessa vanja vanni vanya vappu vardan varduhi varsha vartan varun vasant
vasanti vasco vasil vasile vasilije vasiliki vasilis vasilka vasily vassiliki vassilis vasudev
vasudha vasyl vazgen vazha vazul vedat vedran veena veera veerle vegard veikko veiko velichka
velimir velizar veljko velma vemund venancio vendula venera veniamin venkat venkatesh venla
ventsislav vera verica veridiana verna vernon veronica veronika veronique veselin vesna veysel
vibeke vicente vicentina vicki vickie vicky victor victoria vidar vidas vidhi vidosava vidya viera
vigdis viggo vihaan viive viivi vijay vijaya vikas vikram vikrant viktor viktoria viktorija vilde
vilem vilhelm viljami villu vilma vilmar vilmos vimal vimala vimbai vinay vinayak vincent vincente
vincenza vincenzo vineet vineeta vinicius vinita vinko vinod viola violet violeta violetta
violette viorel viorica vipin vipul virag viraj virendra virgil virginia virginie virginija virpi
virve vishal vishnu vishwanath vishwas vitali vitaliy vito vitor vitoria vittoria vittorio vivek
vivian viviana viviane vivien vivienne vlad vlada vladan vladena vladimir vladimira vladislav
vladislava vlado vladyslav vlasis vlasta vlastimil vlastislav vojislav vojtech volkan volker
volodymyr vratislav vrinda vuk vukasin vyacheslav vytautas wade wael wafa wafaa waheed wahyu
wairimu waithera walburga waldemar waldo waleed waleria walid wallace walmir walter waltraud
wambui wanda wanderley wangari wanida wanja wanjiku wanjiru waqar warren warsame waseem wassim
wataru waweru wayne wei weiguo weijie weiming wenceslao wenche wendell wendy wenjie wenjing wenjun
wenke wenzel werner werther wesley whitney wichai widodo wiebke wieland wieslaw wieslawa wiktor
wiktoria wilbur wilfred wilfried wilhelm wilhelmina willa willard willem william willie willow
willy wilma wim winfried winifred winona winston wioletta wissam witold wladyslaw wlodzimierz
wojciech wolf wolfgang wonho woojin worawit wout wouter wulan wyatt xaver xavier xenia xiaohong
xiaoli xiaoling xiaoming xiaoping xiaowei ximena xinyi xinyu xiomara xiulan xiuying xolani xuefeng
xueqin yaacov yaakov yadira yael yago yahya yakov yakup yalcin yalda yamini yan yana yaniv yann
yannick yannis yanping yanti yara yardena yaron yaroslav yaroslava yasaman yasar yasemin yaser
yash yashwant yasin yasir yasmeen yasmin yasmina yasmine yassine yasuhiro yasuko yasuo yasushi
yavor yavuz yayoi yazan yedidya yegor yehoshua yehuda yehudit yejin yelda yelena yeliz yemi
yeonwoo yerin yerlan yervand yesim yetunde yevgeniya yevgeny yiannis yifan yigal yigit yildiz
yilmaz yiming yingying yinka yiorgos yishai yisrael yitzhak ylva yngvar yngve yoana yochanan
yogesh yogita yohan yohannes yoichi yoko yolanda yolande yonas yonatan yongqiang yoona yoonji
yoram yordan yordanka yosef yoshiaki yoshie yoshihiro yoshiko yoshio yoshito yossi yosuke youngho
youngsoo younis yousef yousra youssef yuanyuan yuhan yui yuichi yujin yukari yuki yukiko yukio
yuko yuksel yulan yulia yuliya yumi yumiko yunus yunxi yupin yuri yuriko yusra yusuf yusuke yuta
yutaka yuto yutong yuuki yuvraj yuxin yuxuan yuya yuzuki yvan yves yvette yvonna yvonne zaal
zacarias zachariah zacharias zachary zafar zafer zahava zaher zahid zahra zainab zakaria zaki
zakir zalan zandile zanele zaneta zara zarina zarko zaruhi zaven zawadi zaynab zbigniew zbynek
zdena zdenek zdenka zdravka zdravko zdzislaw zeeshan zehava zehra zeina zeinab zekeriya zeki zelda
zelia zeliha zeljka zeljko zenon zerrin zewdu zeynep zhaleh zhanar zhanna zhiqiang zhivko zhiwei
ziad ziga zigmars zihan zilda zilvinas zinaida zinhle zipora zita zivile zivorad zixuan ziyad
zlata zlatan zlatina zlatka zlatko zlatuse zodwa zoe zofia zohreh zoltan zora zoran zorica zoya
zsanett zsigmond zsofi zsofia zsolt zsombor zsuzsa zsuzsanna zsuzsi zubair zuberi zubeyde zuhal
zukhra zukile zurab zuzana zuzanna zvezdana zvone zvonimir zvonko zydrunas zygmunt
)";
inline constexpr auto kGiven = words_of<count_words(kGivenText)>(kGivenText);

}  // namespace sallyport::scan
