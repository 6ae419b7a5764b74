// given_names.h: the given names that gazetteer.h knows: sorted, in small letters, without marks.
//
// Of gazetteer.cc alone. Typed by us from what is common in censuses and registers; no list was
// copied.
#pragma once

#include <string_view>

#include "dataplane/scan/read/word_text.h"

namespace sallyport::scan {

inline constexpr std::string_view kGivenText = R"(
aaliyah aamir aaradhya aarav aarne aaron aarti abdirahman abdul abdulaziz abdullah abdulrahman
abdurrahman abeba abebe abeer abel abena abhijit abhinav abhishek abida abigail abimbola abiodun
abraham achieng achilleas ada adaeze adalynn adam adebayo adeel adela adele adelheid adelina
adeline ademola adeola adetokunbo adewale adhiambo adina aditi aditya adjoa adnan adolfo adrian
adriana adriano adrianus adrienn adrienne adunni aeron afroditi afshin afzal agata aggeliki agnar
agnes agnese agneta agnieszka agoston agustin ahlam ahmad ahmadreza ahmed ahmet ahsan ahuva aicha
aida aidan aiden aigerim aiko aileen ailsa aimee ainhoa aino ainur aisha aishwarya aisling aissatou
aiste aitor aizhan ajay akane akari akash akemi akhil akiko akinyi akira akos akosua akshay aladar
alain alan alana alasdair alastair alba albert alberta alberto albin aldo aleena aleida alejandra
alejandrina alejandro alekos aleksandar aleksander aleksandr aleksandra aleksei alemayehu alena
alessandra alessandro alessia alessio alex alexa alexander alexandra alexandre alexandros alexei
alexey alexis alfons alfonso alfred alfredo algirdas ali alice alicia alicja alin alina aline alisa
alison alistair aliya aljaz alkis allan allen allison alma almas almaz alois aloysius alper alva
alvaro alvin alyssa amadou amaka amalia amanda amandine amanuel amara amarachi amaya amber amelia
amelie amichai amina aminata aminu amir amira amirkhan amit amita amitabh amnon amparo amrita amy
ana anabel anais ananya anastasia anastasios anatoly anca anders anderson andile andjela andras
andre andrea andreas andreea andrei andreia andrej andres andrew andrey andris andrzej andy aneta
anete anette angela angelica angelika angelina angelines angelique angelo angelos angie angus anica
aniket aniko anil anirban anirudh anisa anish anita anja anjali anke ankit ankita ankur ann anna
annabel annabelle annalisa anne anneke anneli annelise annette annie annika annukka anouk anselmo
ansgar antero anthony antigoni antje antoine antoinette anton antonella antonia antonietta antonin
antonio antonis antti anupam anuradha anurag anush anushka anwar anya anyango aodhan aoife
aparecida aparna apinya apolonia apostolos araceli aranka arash aravind archana archie ardeshir
arezou argyris ariana arianna ariel arindam aristotelis arjun arkady arlene arman armando armas
armin arnaud arnav arne arnold aroon arpita arshad artem arthur artis artur arturo arturs arun
aruna arunas arundhati arvid arvind arvydas arwen asami asbjorn asgeir asha ashenafi asher ashish
ashley ashok ashraf ashwin ashwini askar aslaug asma asmaa asmita aster astrid astridur asuka
asuman athanasia athanasios atieno atilla atsushi attila aubrey audrey audrius aurelie aurelija
aurelio ausra austin ava avery aviad avigail avinash avishai avital aviva avner avraham awino axel
ayaan ayaka ayame ayanda ayano ayelet ayesha ayhan aylin ayman aynur ayodele ayomide ayse aysegul
aysun ayten ayumi ayush azadeh azamat azhar azra azriel babacar babajide babak babar babatunde
bahram baiba bakary bakyt balaji balazs balint baltasar bambang baoying baptiste barbara barna
barnabas barry bart bartlomiej bartosz basel bashir basma bassam bastian batuhan batya bauyrzhan
beata beate beathan beatrice beatriz beckett becky begona behnam behzad bekele belen belinda bella
ben bence benedek benedikt bengt benito benjamin benny benoit bente beren bergljot berhanu berit
berkay bernadett bernadette bernard bernardo bernd bernhard bernice bertalan bertha bessie beth
bethan bethany betsy bettina betty betul beulah beverly beyza bhanu bharat bharti bhaskar bhavana
bhavesh bhavna bhuvan bianca bijan bilal bill billy bimal bingbing binta binyamin bipin birgit
birgitta birgul birhan birna birte biruta birute bjarne bjorn blake blanca blanche bob bobby bodil
bogdan bogdana boglarka bohdan bojan bojana bolaji bolanle bolat bongani bonnie boonsri borbala
boris borislav borje bosko boubacar bozena brad bradley bram brandi brandon brandy branislav branka
branko branwen brayden brenda brendan brent brett brian brianna bridget brielle brigid brigitte
britt brittany brody bronagh bronwen bronwyn brooke bruce bruna bruno bryan brygida bryson buket
bukola bulent burak burcu bushra busisiwe busra byron byungho caden caetano cagla cahal cahya
caitlin caitlyn caleb callum calum calvin cameron camila camilla camille canan candace candice
cansu caradog carina carl carla carlo carlos carlotta carmela carmelo carmen carol carole carolin
carolina caroline carolyn carsten carys casey casimiro caspar cassandra catalin catalina catarina
caterina cathal catharina catherine cathy catrin catriona cecelia cecil cecile cecilia cedric
celestino celia celine cemal cemil cemre ceren cerys cesar ceyda chad chagit chaim chaitanya
chaiwat chalerm chana chandan chandra chanida chantal charalampos charis charlene charles charlie
charlotte charu chaya cheikh chelsea chen chenxi cheryl chester chetan chhaya chiamaka chiara
chibuzo chidera chidi chidinma chihiro chijioke chika chinedu chinonso chinwe chinyere chioma chipo
chitra chiyo chloe chris christa christelle christian christie christina christine christoph
christophe christopher christos christy chrysa chrysoula chukwudi chukwuemeka chunhua ciara ciaran
cigdem cillian cindy claire clara clarence claude claudia claudine claudio claus clayton clemence
clemens clement clemente clementine clifford clifton clinton clodagh clyde cody colette colin
colleen colman colton conall connor conor conrad constance cora corentin corey corinna corinne
cormac cornelia cornelis cory cosmin costas courtney craig cristian cristiane cristina cristobal
csaba csilla csongor cuong curtis cynthia daan daehyun dafna dafni daganit dagfinn dagmar dagny
daiane daichi daiga daiki dainis dainius daisuke dalal dale dalia dalit dalya damian damien
damilola damjan dan dana dandan danica daniel daniela daniele danielle danila danilo danit daniyar
danjuma danny danuta daria dario darius dariush dariusz darko darla darlene darragh darrell darren
darryl darshan daryl dave david davide davor dawid dawit dawn dean deanna debashis debora deborah
debra decha declan deepa deepak deepika deiniol deirdre deividas dejan delia delilah della delores
delphine delyth demet demetrius denes denis denise dennis derek derrick dervla desiree despina
detlef devendra dezso dganit dhananjay dharmendra dhruv dhwani diana diane dianna dianne diarmuid
didier diego dieter dietmar dijana dilara dilek dilip dilnoza dilwyn dimas dimitra dimitri
dimitrios dimitris dimos dinara dinesh dionysis dirk divya divyanka djibril dmitri dmitry dmytro
dohyun dolores domagoj domenico domingo dominic dominik dominique domonkos don donal donald donatas
donghyun dongwook donna donncha dora doreen dorina doris dorit doron dorota dorothea dorothee
dorothy dorottya doug dougal douglas dragan dragana dragica dragoslav drazen duane dubravka dugald
dumisani duncan durga dusan dusanka dustin duyen duygu dvora dwayne dwight dylan eamon earl ebba
ebele ebony ebuka eddie edelmira edeltraud edgar edina edita edith edna edoardo edson eduard
eduardo edward edwin edyta efrain efrat efthymia egon ehsan eileen eilidh eimear einar eino eirian
eirik eirini eirlys eitan eithne ekaterina ekrem eladio elaheh elaine eldad eldar eleanor
eleftheria eleftherios elemer elena eleni eleonora elfriede elham eli eliana eliane elias eliezer
elif elijah elin elina elisa elisabet elisabeth elisabetta elise eliska eliyahu elizabeth elke ella
ellen ellie elmar elmer elodie eloise eloy elpida elsa elsie eluned elvira elzbieta emanuel
emanuele emeka emery emese emiko emil emile emilia emiliano emilie emilio emily emina emine emir
emlyn emma emmanuel emmanuelle emmett emoke emrah emre emrys endang endre eniko enisa enrico
enrique enriqueta ensio enzo eoghan ercan erdal erdem erdogan erhan eric erica erich erik erika
erin erkan erkki erlan erlend erling erma ernest ernestina ernestine ernesto ernst ersin ervin
erwin erzsebet eskil esmeralda espen esperanza esraa essie esteban estefania estelle esther eszter
etelka ethan ethel etienne etsuko eugene eugenia eugenie eugenio eula eulalia eunbi eunhye eunice
eunji eunjin eunjung eunkyung eunyoung eusebio eva evan evangelia evangelos evaristo evdokia
evelina evelyn everett evgenia evgeny evija ewa ewelina eystein ezequiel ezinne ezra fabian fabiana
fabien fabienne fabio fabiola fabrice fabrizio fadi fadia fadime fahad fahri faisal faiza fajar
falguni fangfang fanni fannie farah farai faranak fares farhad farhan farid farida farideh farouk
farrukh farshid faruk farzad farzaneh fatih fatima fatma fatou fatoumata faustino fausto fawad faye
fazal fearghal federica federico felicia felipe felisa felix femke fenna ferdinand ferenc fereshteh
fergal fergus ferhat feride fernand fernanda fernando feyza ffion fidel fikre fikret filip filippo
filippos filiz filomena finbar finlay finn fiona fionn fionnuala firat fitri flavio fleur flora
florence florencio florentina florian floyd folake folasade fotini fotis frances francesca
francesco francine francis francisca francisco franciszek franck franco francois francoise frank
franklin frantisek franz franziska fred freda freddie frederic frederica frederick frederik
frederique fredrik freja freya frida frieda friederike friedhelm friedrich fritz frode froilan
fruzsina fulya fumiko fumio funmilayo furkan fyodor gabija gabor gabriel gabriela gabriele
gabriella gabrielle gaetan gagan gahyun gaia gail galih galina gamze ganesh garba gareth gary
gaspard gaston gaurav gauri gautam gavin gavriil gayatri gayle gbenga gediminas geert geeta geir
gellert genaro genet geneva genevieve gennady gennaro genowefa geoffrey geonwoo georg george
georges georgia georgina georgios geraint gerald geraldine geraldo gerard gerardo gerd gerda
gergely gergo gerhard germaine german gerrit gerson gertrud gertrude getachew gethin ghada ghassan
ghazal gheorghe ghulam giacomo gianluca gianna gianni giannis gidon giedre gilad gilang gilbert
gilberto gilles gillian gina gines ginette ginevra gintaras gintare giorgia giorgio giorgos
giovanna giovanni girish girma gisela gisle giulia giuliana giulio giuseppe giuseppina gizella
gizem glen glenda glenn gloria gokce gokhan golnaz gonca gonzalo gopal goran gordana gordon
gottfried govind gozde grace graham grainne graziella grazina grazyna greg gregoire gregor gregorio
gregory greta gretchen grethe grigoris grigory grzegorz guadalupe gudrun guenther guido guilherme
guillaume guillermo guiying gulay gulcan guler gulhan gulnara gulsah gulsen gulshan gunhild gunnar
gunta gunter gunther guoqiang guri gurpreet gustav gustavo guttorm guy gwen gwenda gwendolyn gwilym
gwyneth gyorgy gyozo gyula habib hacer hadas hadley hafsa hagit haifa hailey hailu haitham haiyan
hajnalka hakan hakon haley halfdan halil halima halime halina halit halldor halvard halvor hamed
hamid hamish hamza hana hanaa hanako hanan hande haneul hanna hannah hanne hannele hannelore hannes
hannu hans haoran haoyu harald hardik harini haris harish harlan harold harper harpreet harri
harriet harrison harry harsha harshad hartmut haruka haruki haruko harun haruna haruto harvey
haseeb hassan hatem hatice hattie hauwa havva hayat hayato hayriye hazel heather hector hedda
hedvig hedwig heejin hefin heidi heike heikki heiko heimo heinrich heinrike heinz helen helena
helene helga helge heliodoro helmi helmut hemant hendra hendrik hendrika henk henna henning henri
henrietta henriette henrik henry henryk herbert heriberto herman hermann hermine hernan herve hetal
hideaki hideki hideo hikari hilal hilario hilda hilde hildegard hilkka hillel hilma himanshu hinata
hipolito hiroki hiroko hiroshi hiroto hisashi hisham hitomi hjalmar hodan holger holly hongmei
honoka hooman horia horst hortense hossam houman hristo hrvoje hubert huda hugh hugo huguette
huifang hulya humaira humayun humberto hunor huong huseyin hussam hussein huyen hyejin hyeon
hyunjin hyunsoo hyunwoo hywel ian ibolya ibrahim ibrahima ichiro ida idris iestyn ieuan ieva
ifeanyi ifeoluwa ifeoma ifrah iftikhar ignacio ignas ignatius igor ikechukwu ikenna iker ilana
ilaria ilayda ildiko ileana ilhan ilias ilka ilker ilkka ilknur ilmari ilona ilse imad imants
imelda imke imogen imola imran imre inacio inaki inara inbal indah indira indrani ineke ines inese
inez inga inge ingeborg ingeburg ingegerd ingemar inger ingmar ingrid ingvar ingvild inkeri
inmaculada inna inseong ioana ioanna ioannis ionut iosif irena irene irfan iria irina iris irma
irmgard isaac isabel isabela isabella isabelle isadora isamu ishaan ishaq ishita isidro isla ismael
ismail israa istvan itamar itsuki itzhak itziar iulia ivan ivana ivars ivett ivette ivica ivona
iwona izabela izabella izumi jaakko jaber jacek jacinta jacinto jack jackson jacob jacobus jacopo
jacqueline jacquelyn jacques jadranka jadwiga jaehyun jaeyoung jagdish jagoda jahangir jahanzeb
jaime jakob jakub jamal james jameson jamie jamila jan jana jane janet janice janie janina janis
janne janos janusz jared jarkko jarle jarmila jarmo jaroslav jaroslaw jasleen jasmin jasmina
jasmine jasna jason jaspreet jatin javad javed javier jawad jaxon jay jayant jayanti jayden jayesh
jazmin jean jeanette jeanne jeannette jeannie jeff jeffery jeffrey jelena jelle jenna jennie
jennifer jenny jeno jens jeremiah jeremie jeremy jeroen jerome jerry jerzy jesper jesse jessica
jessie jesus jiahao jianguo jianhua jianjun jiaqi jiayi jieun jignesh jihoon jihye jihyun jill jim
jimmie jimmy jingjing jingyi jintana jinwoo jisoo jitendra jitka jiwon jiwoo jiyeon jiyoung joachim
joan joana joann joanna joao joaquim joaquin joaquina jocelyn jochem jochen jodi jody joe joel
joelle joerg johan johann johanna johannes john johnnie johnny jolan jolanda jolanta jolene jolie
jonas jonathan jongin joohyun joost jordan jordana jordi jorg jorge jorgen jorja jorunn jose josef
josefa josefina joseph josephine josephus josette josh joshua josiah josip jostein josue jouko
jouni jovan jovana joyce jozef jozsef juan juana judit judith judy juergen juhana juhani jukka
jules julia julian juliana julianna julianne julie julien juliet julieta juliette julio julius jun
junaid june junghwan junhao junho junichi junjie junko junseo jurate jurgen jurgis jurgita jussi
justas justin justine justyna jutta jyoti jyotsna jyrki jytte kaarina kabiru kacper kadir kadiri
kadriye kaede kaiden kaija kairat kaisa kaitlyn kaito kajal kaleb kalervo kalevi kalle kalliopi
kalman kalpana kalyani kamal kamala kambiz kamil kamila kamilla kamini kamon kamran kanako kanat
kanchan kang kanya kaori kapil kara karanga kare karel karen karim karima karin karina kariuki karl
karla karlheinz karoliina karolina karolis karoly karsten karthik kartik kashif kaspar kaspars
katalin katariina katarina katarzyna kate katerina katharina katharine katherine kathi kathleen
kathrin kathrine kathryn kathy katie katinka katja katri katrin katrina kauko kaushik kaveh kavita
kavitha kavya kayla kaylee kazimiera kazimierz kazuhiko kazuki kazuko kazuo kazuya kebede kees
kehinde keiji keijo keiko keira keisha keisuke keith kelechi kelley kelli kellie kelly kemal ken
kendra kenechukwu kenichi kenji kenneth kenny kent kenta kerem kerim kerry kerstin keshav kestutis
ketan ketil ketut kevin keyvan khadija khadra khady khaled khalid khanh khosrow khurram khushi
kieran kim kimani kimberly kimmo kinga kinsley kiprono kiran kirill kirk kirsi kirsten kirsty kirti
kishore kittipong kiyoshi kjell kjersti kjetil klaas klara klaudia klaus kleio knut koen kohei
koichi koji konrad konstantin konstantina konstantinos koray kostas kosuke kotaro krishna krista
kristaps kristen kristi kristian kristie kristijan kristin kristina kristine kristjan kristof
kristoffer kristy krisztian krisztina kritika krunal krystal krystyna krzysztof ksenia kubra
kudakwashe kulsoom kumar kumari kumiko kunal kunle kurnia kurt kusum kwabena kwaku kwame kwasi
kwesi kyle kyoko kyriaki kyriakos kyung kyungsoo lachlan ladislav laetitia laila laima lajos
lakshman lakshmi laleh lalit lalita lambros lamia lamine lana lance landon lara larisa larissa
larry lars lasse laszlo latha latifa latoya laura lauren laurence laurene laurent lauri laurie
lavanya laverne lavinia lawrence lazar lea leah leandro leena lefteris leif leila leili lejla
lemlem lempi lena lennart lennox leo leocadia leon leona leonard leonardo leonel leonid leonidas
leonie leonor leonora leopold lerato leroy leslie lestari lester leszek leticia letizia levent
levente levi lewis leyla liadan liam liaqat liban lidia lidija lieke liene lieselotte ligia lihua
liisa lijuan lila lilach lilian liliana liling lilla lillian lillie lilly lily limor lina linas
linda lindiwe lindsay lindsey lingling linnea lisa lisbeth lise litsa livia liviu liwei ljiljana
ljubica ljubomir llinos lloyd lluis loes logan lonnie lora lorant loredana lorelei lorena lorene
lorenzo loreta loretta lori lorna lorraine lothar lotte louis louisa louise loukas lowell lowri
luana lubna lubomir luc luca lucas lucia lucian luciana luciano lucie lucjan lucrezia lucy lucyna
ludmila ludovic ludovica ludwig luigi luis luisa luise luiz lukas lukasz luke lula lungile lutz
luuk luz luzia lydia lynda lynette lynn lynne lyubov lyudmila maarit maarten maayan mabel mable
macarena macario maciej maciel mackenzie madalina madan madeleine madeline madelyn madhav madhavi
madhu madhuri madina madison mae maeve magali magda magdalena magdolna maged maggie magne magnus
mahad mahendra mahesh mahin mahmoud mahnaz mahnoor mahsa maija maik maina mairead mairi maite maja
majed majid makena makis makoto maksim maksym malachy malcolm malee malgorzata malik malin malka
malou malwina mamadou mamie mamoru mamta manal manami mandana mandla mandy manfred manish manisha
manju manjula manoel manoj manolis manon mantas manuel manuela manuella marat marc marcel marcela
marcelina marcell marcella marcello marcelo marcia marcial marcin marco marcos marcus mareike marek
margaret margareta margarete margarita margaux marged margherita margie margit margot margrethe
margriet marguerite maria mariam mariama marian mariana mariann marianna marianne mariano
maricarmen marie marieke marija marijana marijke marika mariko marilena mariluz marilyn marina
mario marion marios maris marisol maristela marit maritza marius mariusz marja marjatta marjo
marjorie mark marketa markku marko markos markus marlene marlies marsha marshall marta marte martha
martijn martin martina martine martinus marton martti marvin marwa marwan mary maryam maryann
maryna marzena masahiro masaki masako masaru masashi masato masoud massimo matan matej mateja mateo
mateus mateusz matheus mathew mathias mathieu mathilda mathilde matias matilda matilde mats matt
matteo matthew matthias matthieu matti mattias mattie matyas maud maura maureen maurice mauricio
maurizio mauro max maxime maximilian maximiliano maxine maya mayada mayank maysoon mayumi mayur
mazen mechthild meena meenakshi meera meeri megan megha meghan meghna megumi mehdi mehmet mehran
mehrdad mehreen mehtap mehwish mei meihua meiling meinir mekdes melanie melba meleri meles melike
melina melinda melis melissa meltem melvin menachem mengyao menna meral mercedes meredith merete
meron merve meryem metin mette mevlut mhairi micah michael michaela michaele michail michal
michalis micheal michel michele michelle michiel michiko midori mieczyslaw mieke miguel mihaela
mihai mihajlo mihaly mihir miho mika mikael mike mikhail mikkel mikko miklos mikolaj miksa milan
mildred milena milica milind miljenko milla millie milorad milos miloslav milton min minah minato
mindaugas mindy ming minghui mingxia mingyu minhee minho minjae minji minjun minna minnie minseo
minsu mirae miranda mirela miriam mirja mirjana mirko mirna miroslav miroslava miroslaw mirsad
mirva misaki mitchell mitra mitsuki mitsuko miyoung miyuki mizuki mladen modou modupe mohamed
mohammad mohammed mohan mohit mohsin moira mojgan mojisola mojtaba molly momcilo momoka momoko
monica monika monique morag mordechai morfydd morgan morgane moritz morris morten morteza moshe
mostafa mounir moussa mpho mubashir muhammad muhammet muiris mukesh mulugeta mumbi muna munashe
muneeb mungo munira murali murat murdo muriel murtala mustafa muthoni mutiso mwende mykola myra
myriam myrtle myrto naama nabil nachum nadav nadeem nadezhda nadia nadine nadja naeem nafisa
naftali naglaa nagwa nahid nahla naima najwa nalan naledi nalini naman namjoon namrata nanami nancy
nandi nandini nandor nanette naoki naoko naomi naoto narayan narendra naresh narges nargiza nasir
nasreen nasrin nasser natalia natalie natalya natan natasa natasha nathalie nathaly nathan
nathaniel natsuki natsumi nattapong nattaya naveed naveen navid navin nawal nazan nazanin nazgul
nazia nazli ndeye ndidi nebojsa necati nechama nedeljko neelam neeraj neeta negar negin neha
nehemia neil nektarios nele nellie nelly nelson nemanja nenad nerea nerijus neringa nermin nermine
nerys neslihan nesrin nesrine nestor nettie nevaeh nevena nevin nevine nghia ngozi nguyet nhung
niall niamh nicholas nichole nick nicki nico nicola nicolas nicolau nicole nicoleta nicoletta nidhi
niels nigel nigora nihan nihat niilo niina nijole nikhil nikita niklas nikola nikolai nikolaos
nikolaus nikolay nikolett nikolina nikos nilay nilesh nilgun nilima niloofar nils nilufar nilufer
nimco nimrod nina ningsih niran nirav nirmala nisha nishant nissim nitin nitya nitzan nizar njeri
njoki nkechi nkiru nkosana nnamdi nneka noah noboru nodir noelia noemi noemie nokuthula nolan noman
nomsa nomvula nonna nora norbert norberto noreen noriko norma norman normunds nour noura nthabiseng
nuala nuno nuray nurcan nuria nurit nurlan nurten nurul nwanneka nyambura nyasha nyokabi oana
obinna obioma octavian octavio oddvar odhiambo odile ogechi ognjen oguzhan oisin okan okechukwu
okoth oksana olabisi olaf olajide olalla olamide olanrewaju olav olavi ole oleg olegario oleksandr
oleksii olena olga oliver olivera olivia olivier oliwia ollie olof olufemi olumide oluwaseun olwen
omair omar omnia omolara omondi omotola ondrej onur onyango onyeka onyinye oonagh opeyemi orathai
orhan orlaith ornella orsolya osama osamu oscar osian oskar oskari osman osnat ostap osvaldo oszkar
othman ottilie otto oumar ousmane owain owen owino oybek oystein oyvind ozgur ozlem paavo pablo
padma padraic padraig paige paivi pakorn palesa pallavi palle paloma pam pamela panagiota
panagiotis pandu panida pankaj panos paola paolo parag paras paraskevi parisa parth parul parvaneh
parvati parviz pascal pascale pascual pasquale patcharin patrice patricia patricija patricio
patrick patrik patrizia patrycja patryk patsy patti patty paul paula paulette pauli pauliina
paulina pauline paulius paulo pavan pavel pavithra pavla pavlo pavlos pawel payam peadar peder
pedro peeter peggy peiyi pekka pelagia pelin penelope pengfei pentti per periklis pernille perpetua
perry pertti petar pete peter petr petra petras petri petros petru petrus petter petteri peyman
peyton philip philipp philippe phillip phoebe phung phuong phyllis pia piero pierre piet pieter
pietro pilar pimchanok pinchas piotr piper pirjo pirkko piroska piyush pnina polina polyxeni
pongsak pooja poonam pooya poppy pouria prabha prabhakar prabhu pradeep prakash pramod pranav
pranjal prapaporn prasetyo prashant prateek pratibha pratik pravin preben predrag preecha preethi
preeti prerna priscilla priti priya priyanka przemyslaw puneet purnima pushpa puspita pyotr qasim
qiang qingyun quentin quyen quynh rabab rabia rachael rachana rachel rachid radek radha radhika
radim radka radmila radoslav radoslaw radovan radu rafael rafaela rafal raffaele raffaella rafik
rafiq raghav raghu ragna ragnar ragnhild rahayu rahel rahima rahmat rahul raija raili raimo
raimondas raimonds raimund raimunda rainer raisa raj rajani rajat rajeev rajendra rajesh rajiv
rajko rajni rakesh raksha ralf ralitsa ralph raluca ramatoulaye ramazan ramesh ramin ramiro ramon
ramona ramunas ramya randa randall randi randy rania ranjan ranjana ranjit raphael raquel rasa
rasha rashid rashmi rasmus ratko ratna rattana raul rauno ravi ravindra ray rayan raymond razia
razvan rebecca recep reema refilwe reggie regina reginald rehan rehema reijo reiko reina reinaldo
reinhard reinhold reino reka rekha remi remigiusz renata renate renato renaud rene renee renuka
renzo reshma reuven revathi rezso rhian rhiannon rhodri rhona ricarda ricardo riccardo richa
richard rick ricky rieke rigoberto rihards riikka riitta rikke riku rikuto riley rina rishabh rishi
risto rita ritesh ritika ritu rituparna rivka riyad rizki rizwan roald rob robert roberta roberto
robin robyn rochelle rocio roderick rodney rodolfo rodolphe rodrigo rodrigue roelof rogelio roger
rogerio rohan rohini rohit roisin rokas rokhaya roland rolf romain roman romana romuald ron ronald
ronaldo ronan ronen rongrong ronit ronke ronnie rosa rosalia rosalie rosalind rosamund rosangela
rosanna rosario rose rosemarie rosemary rosendo roshan roshni rosie rosina rosita ross rossana
rossella rostam roswitha roula rowan rowena roxana roxane roxanne roy roza rozalia ruairi ruaridh
ruben rubina ruby rudi rudiger rudolf ruediger rufino rui rukiye ruoxi rupali rupert rupesh ruslan
russell rustam rutger ruth ruthie ruvimbo ruy ryan rylee ryo ryosuke ryota ryszard ryuichi saana
saara sabina sabine sabra sabri sabrina sabrine saburo sachiko sachin sadaf sadao sadhana sadia
sadie sadiq saeed safaa safiye sahar saif saima sajid sakari sakchai saket sakura salah salif salim
salisu salla sally salma salman salome saloni salvador salvatore salwa sam saman samantha samar
sameer sameh samiksha samir samira samuel samuele samuli sanaa sancho sandeep sander sandhya sandor
sandra sandrine sandro sangeeta sangwoo sanita sanja sanjana sanjay sanjeev sanna sanne santiago
santosh saoirse saori sara sarah sarfraz sarika sarit sarita saroj sascha sasikala saskia satish
satoko satomi satoru satoshi satria satu saturnino satyajit saule saulius saurabh saverio savita
savvas sawsan sayaka scarlett scott seamus sean seana sebastiaan sebastian sebastiano sebastiao
sebastien sedat seema segun seiji sekou selam selamawit selcuk selena selim selin selma semih semra
semyon senad seohyun seojun seonaid seonghyun seoyeon seoyun sepideh seppo serap serdar serena
serge sergei sergey sergio serhat serhii serhiy serkan serpil setareh seth setiawan setsuko seungho
sevda severin severino sevil sevim seydou sezen shabana shabbir shabnam shadi shagufta shahbaz
shahid shahin shahnaz shahram shailesh shaimaa shaista shakeel shalini shane shanice shankar
shannon sharad shari sharmila sharon shashank shashi shaul shaun shauna shawn shawna shazia
sheelagh shehu sheila shekhar shelia shelley shelly sheri sherif sherine sherri sherry sheryl
sherzod shigeru shikha shilpa shimon shingo shinichi shinji shinobu shiori shira shiri shirin
shirlee shirley shivam shivani shizuka shlomi shlomit shlomo shmuel shoaib shobha shoichi shona
shoshana shota shraddha shreya shreyas shruti shubham shufen shulamit shuqin shweta shyam siamak
sibel sibusiso sibylle siddharth sidney siegfried sieglinde siegrid sigal sigita sigmund signe
sigrid sigrun sigurd siham sihan silas silje silke silvana silvia silvio simeon simge simin simon
simona simone simran sina sinan sindre sinead sinem sinisa sinta siobhan sioned siphiwe sipho
siriporn sirkka sirpa sissel siv siwan siwoo sixten siyabonga skaiste slavica slavko slawomir
slobodan smadar smita smriti sneha snehal snezana snezhana sobia sofia sofie sohail soham sohan
sohee soheil soheila soile solange soledad solene solveig somchai somnath somsak somto sonal sonali
songul sonia sonja sonya soojin sooyoung sophia sophie soraya sorcha soren sorin soroush sota
sotiria sotiris souad souleymane soumya sourav spyridon spyros srdjan sreeja sridhar srikanth
srinivas srinivasan stacey stacy stamatis stan stanislav stanislava stanislaw stanislawa stanko
stathis stavros stavroula stefan stefania stefanie stefano stefanos steffen steffi stefka steinar
stelios stella stellan stepan stephan stephane stephania stephanie stephen steve steven stian stijn
stina stipe stjepan stratos struan stuart sturla subhash subin suchada suchitra sudha sudhir
sudirman sue suha suhail suhair suharto suhas sujata sujin sukanya sukma suleyman sulochana sumaira
suman sumaya sumiko sumin sumit sumitra sunaina sundar sungho sunghoon sunhee sunil sunisa sunita
sunmi sunniva supaporn suphachai suraj surasak surbhi surekha surendra suresh surinder susan susana
susanne susanti sushant sushil sushma susie susilo susumu suzana suzanne svein sveinn sven svenja
sverre svetlana svitlana swapna swapnil swara swati sybille sylvain sylvester sylvia sylvie sylwia
synnove szabina szabolcs szilard szilvia szymon tabitha tadas tadashi tadesse tadeusz tadhg
taehyung taeyang tafadzwa taghreed tahir tahira tahmineh taichi taina taiwo takahiro takako takashi
takeshi takis takudzwa takumi takuya talfryn talha talia tamara tamas tamer tami tamika tamiko
tamir tammy taneli taner tanisha tanja tanmay tanveer tanvi tanya tapani tapio tapiwa tara taras
tarek tarik tariq tariro tarja tarun tasha tasos tatenda tatiana tatjana tatsuya taufik tayfun ted
teemu tegan teguh tegwen tehila teija tejas tekle tellervo temesgen temitope tendai teodor teodora
teofilo teresa terez tereza terezie terezinha terhi teri terje terrance terrence terri terry terttu
tess tetsuo tetsuya teun tewodros thabiso thabo thaer thanakorn thanasis thanawat thandeka thandi
thandiwe thanos thao thea thelma themba thembeka themis theo theodor theodora theodore theodoros
theofilos theresa therese theresia thiago thibault thien thierry thijs thilo thinh thodoris
thokozani thomas thomasz thomine thorbjorn thorsten thorvald thuan thuy tiago tianyi tibor tidiane
tiernan tiffany tigist tihamer tihana tihomir tiina tijana tillmann tim timea timo timoteo timothy
timur tina tinashe tineke tingting titilayo tobenna tobias todd tolga tom tomas tomasa tomasz
tomislav tommaso tommie tommy tomohiro tomoko tomomi tomos tonderai toni tony tonya torben torbjorn
tordis torgeir torgrim torhild toril torleif torquil torstein torsten torunn toshiko toshio tove
tracey traci tracy traian trang travis treasa trevor tricia trine trisha tristan trond troy trude
truong trupti trygve tsegaye tsehay tshepo tsipi tsubasa tsutomu tudur tugba tugce tuija tulay
tuncay tunde tuomas tuomo turgut turid turlough tushar tuula tuulikki tuyet tyler tyrone tzipora
ubaldo uchenna udo ugochi ujjwal uldis ulf ulises ulla ulrich ulrika ulrike ulugbek umair umberto
umesh unathi unni uolevi uriel urmila urooj uroslav ursula urszula usman utami ute utkarsh uttam
uwe uzoma vaclav vaggelis vahid vaibhav vaida vaidas vaishali vaishnavi valdas valdir valdis
valentin valentina valentino valentyna valeria valerie valerio valery vandana vanderlei vanessa
vappu varun vasant vasile vasiliki vasilis vasily vassiliki vasudev vasudha vasyl vazul vedat
vedran veena veera vegard veikko velimir velma vemund vendula veniamin venkat venla vera verna
vernon veronica veronika veronique vesna veysel vibeke vicente vicki vickie vicky victor victoria
vidar vidas vidya viera vigdis viggo viivi vijay vijaya vikas vikram viktor viktoria viktorija
vilde vilhelm viljami vilma vilmos vimal vimala vimbai vinay vincent vincenza vincenzo vineet
vineeta vinicius vinod violet violeta violetta violette vipul viraj virendra virgil virginia
virginie virginija virpi vishal vishwas vitaliy vitor vittoria vittorio vivek vivian vivien vlad
vladan vladimir vladislav vladislava vlado vladyslav vlasis vlasta vojislav vojtech volkan volker
volodymyr vuk vyacheslav vytautas wade wael wafaa waheed wahyu wairimu waithera walburga waldemar
waldo waleed waleria walid wallace walter waltraud wambui wanda wangari wanida wanjiku waqar warren
warsame waseem wassim waweru wayne wei weiguo weijie weiming wendy wenjie wenjing wenjun wenzel
werner werther wesley whitney wichai widodo wiebke wieslaw wieslawa wiktor wiktoria wilbur wilfried
wilhelm wilhelmina willa willard willem william willie willow wilma wim winfried winifred winston
wioletta witold wladyslaw wojciech wolfgang wonho woojin worawit wout wouter wulan wyatt xavier
xenia xiaohong xiaoli xiaoling xiaoming xiaoping xiaowei ximena xinyi xinyu xiomara xiulan xiuying
xolani xuefeng xueqin yaacov yaakov yadira yael yahya yakov yakup yalcin yamini yan yana yaniv
yannick yannis yanping yanti yara yardena yaron yaroslav yaroslava yasar yasemin yash yashwant
yasin yasir yasmin yasmine yasuhiro yasuko yasuo yavuz yedidya yegor yehoshua yehuda yehudit yejin
yelda yelena yeliz yeonwoo yerin yerlan yetunde yevgeniya yevgeny yiannis yifan yigal yigit yildiz
yiming yingying yinka yiorgos yishai yisrael yitzhak ylva yngvar yngve yochanan yogesh yogita yohan
yohannes yoko yolanda yonas yonatan yongqiang yoona yoonji yoram yosef yoshiko yoshio yossi yosuke
youngho youngsoo yousef youssef yuanyuan yuhan yui yuichi yujin yukari yuki yukiko yukio yuko yulan
yulia yuliya yumiko yunus yunxi yupin yuri yusra yusuf yusuke yutong yuuki yuxin yuxuan yvan yves
yvette yvonna yvonne zacarias zachariah zacharias zachary zafar zahava zahid zahra zainab zakaria
zalan zandile zanele zarina zarko zawadi zaynab zbigniew zdenek zdenka zdravko zdzislaw zeeshan
zehava zehra zeinab zeliha zeljka zeljko zerrin zewdu zeynep zhanna zhiqiang zhiwei ziad zigmars
zihan zinaida zinhle zipora zivile zixuan zlatan zlatko zodwa zoe zofia zohreh zoltan zora zoran
zorica zsanett zsigmond zsofia zsolt zsombor zsuzsa zsuzsanna zubair zuberi zuhal zuzana zuzanna
zvonimir zydrunas zygmunt
)";
inline constexpr auto kGiven = words_of<count_words(kGivenText)>(kGivenText);

}  // namespace sallyport::scan
