#include "dataplane/scan/recognise/gazetteer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string_view>

#include "dataplane/scan/recognise/word_set.h"

namespace sallyport::scan {
namespace {

// Given names, without marks, sorted.
constexpr std::string_view kGiven[] = {
    "aaron",      "abdul",      "abdullah",   "abigail",     "abraham",   "ada",       "adam",
    "adele",      "adrian",     "adriana",    "agata",       "agnes",     "agnieszka", "ahmad",
    "ahmed",      "aicha",      "aidan",      "aiko",        "aisha",     "akira",     "alain",
    "alan",       "alana",      "albert",     "alberto",     "aldo",      "alejandra", "alejandro",
    "aleksander", "aleksandra", "alessandra", "alessandro",  "alessia",   "alex",      "alexander",
    "alexandra",  "alexandre",  "alexei",     "alexis",      "alfred",    "alfredo",   "ali",
    "alice",      "alicia",     "alina",      "alison",      "allison",   "amanda",    "amara",
    "amber",      "amelia",     "amelie",     "amina",       "amir",      "amit",      "amy",
    "ana",        "anastasia",  "anders",     "andre",       "andrea",    "andreas",   "andrei",
    "andres",     "andrew",     "andrzej",    "angela",      "angelica",  "angelo",    "angus",
    "anil",       "anita",      "anja",       "anjali",      "ann",       "anna",      "anne",
    "annette",    "annika",     "anthony",    "antoine",     "anton",     "antonia",   "antonio",
    "anya",       "archie",     "ariana",     "arjun",       "arnaud",    "arne",      "arthur",
    "arturo",     "arun",       "asha",       "ashley",      "astrid",    "asuka",     "atsushi",
    "audrey",     "aurelie",    "ava",        "axel",        "ayesha",    "barbara",   "bartosz",
    "beatrice",   "beatriz",    "ben",        "benedikt",    "benjamin",  "benoit",    "bernard",
    "bernd",      "bernhard",   "bertha",     "bethany",     "bianca",    "bill",      "birgit",
    "bjorn",      "blake",      "bob",        "bogdan",      "boris",     "brad",      "bradley",
    "brandon",    "brenda",     "brendan",    "brent",       "brian",     "brianna",   "bridget",
    "brigitte",   "brittany",   "bruce",      "bruno",       "bryan",     "caleb",     "cameron",
    "camila",     "camille",    "carina",     "carl",        "carla",     "carlo",     "carlos",
    "carmen",     "carol",      "carolina",   "caroline",    "caspar",    "catarina",  "catherine",
    "cecile",     "cecilia",    "cedric",     "celia",       "celine",    "cesar",     "chad",
    "chandra",    "charlene",   "charles",    "charlie",     "charlotte", "chelsea",   "chen",
    "cheryl",     "chiara",     "chloe",      "chris",       "christa",   "christian", "christina",
    "christine",  "christoph",  "christophe", "christopher", "cindy",     "claire",    "clara",
    "claude",     "claudia",    "claudio",    "claus",       "clemens",   "colin",     "connor",
    "conrad",     "constance",  "cornelia",   "courtney",    "craig",     "cristian",  "cristina",
    "curtis",     "cynthia",    "daisuke",    "dale",        "damian",    "damien",    "dan",
    "dana",       "daniel",     "daniela",    "daniele",     "danielle",  "danny",     "darius",
    "darren",     "dave",       "david",      "dawn",        "dean",      "deborah",   "deepak",
    "deepika",    "denis",      "denise",     "dennis",      "derek",     "diana",     "diane",
    "diego",      "dieter",     "dietmar",    "dilip",       "dimitri",   "dinesh",    "dirk",
    "dmitri",     "dolores",    "dominic",    "dominik",     "dominique", "don",       "donald",
    "donna",      "dora",       "doris",      "dorota",      "dorothy",   "doug",      "douglas",
    "duncan",     "dustin",     "dylan",      "ebony",       "eduardo",   "edward",    "edwin",
    "eileen",     "eino",       "elaine",     "elena",       "eleni",     "eleonora",  "eli",
    "elias",      "elif",       "elijah",     "elin",        "elisa",     "elisabeth", "elise",
    "elizabeth",  "ella",       "ellen",      "ellie",       "elmar",     "elsa",      "emil",
    "emile",      "emilia",     "emiliano",   "emilie",      "emily",     "emma",      "emmanuel",
    "enrico",     "enrique",    "eric",       "erica",       "erich",     "erik",      "erika",
    "erin",       "ernest",     "ernesto",    "ernst",       "esther",    "ethan",     "etienne",
    "eugene",     "eva",        "evan",       "evelyn",      "ewa",       "fabian",    "fabio",
    "fabrice",    "fatima",     "fatma",      "federica",    "federico",  "felicia",   "felipe",
    "felix",      "ferdinand",  "fernanda",   "fernando",    "filip",     "filippo",   "finn",
    "fiona",      "florence",   "florian",    "frances",     "francesca", "francesco", "francis",
    "francisco",  "francois",   "frank",      "franz",       "fred",      "frederic",  "frederick",
    "frederik",   "frida",      "frieda",     "friedrich",   "fritz",     "gabriel",   "gabriela",
    "gabriele",   "gabrielle",  "gareth",     "gary",        "gavin",     "geert",     "geoffrey",
    "georg",      "george",     "georges",    "georgia",     "georgina",  "gerald",    "gerard",
    "gerd",       "gerhard",    "german",     "gianluca",    "gianni",    "gilbert",   "gilles",
    "gina",       "giorgio",    "giovanna",   "giovanni",    "giulia",    "giuseppe",  "gloria",
    "gonzalo",    "gordon",     "grace",      "graham",      "grazyna",   "greg",      "gregor",
    "gregory",    "greta",      "grzegorz",   "guadalupe",   "guido",     "guillaume", "guillermo",
    "gunnar",     "gunther",    "gustav",     "gustavo",     "guy",       "habib",     "haley",
    "hamza",      "hana",       "hanna",      "hannah",      "hannes",    "hans",      "harold",
    "harry",      "haruka",     "haruki",     "hassan",      "hazel",     "heather",   "hector",
    "heidi",      "heike",      "heiko",      "heinrich",    "heinz",     "helen",     "helena",
    "helene",     "helga",      "helmut",     "hendrik",     "henri",     "henrik",    "henry",
    "herbert",    "hermann",    "hiroshi",    "holger",      "holly",     "horst",     "hugh",
    "hugo",       "hussein",    "ian",        "ibrahim",     "ida",       "ignacio",   "igor",
    "ilse",       "imran",      "ines",       "inga",        "inge",      "ingrid",    "irene",
    "irina",      "iris",       "isaac",      "isabel",      "isabella",  "isabelle",  "isla",
    "ivan",       "ivana",      "iwona",      "jack",        "jackson",   "jacob",     "jacqueline",
    "jacques",    "jaime",      "jakob",      "jakub",       "james",     "jamie",     "jan",
    "jana",       "jane",       "janet",      "janice",      "janina",    "janusz",    "jared",
    "jasmin",     "jasmine",    "jason",      "javier",      "jay",       "jean",      "jeanette",
    "jeanne",     "jeff",       "jeffrey",    "jelena",      "jennifer",  "jenny",     "jens",
    "jeremy",     "jerome",     "jerry",      "jesper",      "jessica",   "jesus",     "jill",
    "jim",        "jimmy",      "joachim",    "joan",        "joana",     "joanna",    "joao",
    "joaquin",    "jochen",     "joe",        "joel",        "joerg",     "johan",     "johann",
    "johanna",    "johannes",   "john",       "johnny",      "jolanta",   "jonas",     "jonathan",
    "joost",      "jordi",      "jorg",       "jorge",       "jose",      "josef",     "josefina",
    "joseph",     "josephine",  "josh",       "joshua",      "joyce",     "juan",      "juana",
    "judith",     "judy",       "julia",      "julian",      "juliana",   "julie",     "julien",
    "juliet",     "julio",      "julius",     "jun",         "june",      "jurgen",    "justin",
    "justine",    "kaitlyn",    "kamal",      "kamil",       "kamila",    "kang",      "karen",
    "karim",      "karin",      "karina",     "karl",        "karla",     "karolina",  "kaspar",
    "katarina",   "katarzyna",  "kate",       "katharina",   "katherine", "kathleen",  "kathrin",
    "kathryn",    "kathy",      "katie",      "katja",       "katrin",    "kavita",    "kayla",
    "keiko",      "keith",      "kelly",      "ken",         "kenji",     "kenneth",   "kenta",
    "kerstin",    "kevin",      "khaled",     "kim",         "kimberly",  "kiran",     "kirsten",
    "klara",      "klaus",      "krishna",    "kristen",     "kristian",  "kristin",   "kristina",
    "krystyna",   "krzysztof",  "kumar",      "kurt",        "kyle",      "lakshmi",   "lara",
    "lars",       "latoya",     "laura",      "lauren",      "laurence",  "laurent",   "lea",
    "leah",       "leila",      "lena",       "lennart",     "leo",       "leon",      "leonard",
    "leonardo",   "leonie",     "leslie",     "leticia",     "lewis",     "liam",      "lidia",
    "lily",       "lina",       "linda",      "linnea",      "lisa",      "lise",      "logan",
    "lorenzo",    "loretta",    "louis",      "louisa",      "louise",    "luc",       "luca",
    "lucas",      "lucia",      "luciana",    "lucie",       "lucy",      "ludovic",   "ludwig",
    "luigi",      "luis",       "luisa",      "lukas",       "luke",      "lydia",     "lynn",
    "maciej",     "madeleine",  "madison",    "magdalena",   "magnus",    "mahmoud",   "maja",
    "malgorzata", "malik",      "malin",      "manfred",     "manish",    "manuel",    "manuela",
    "marc",       "marcel",     "marcela",    "marcelo",     "marcin",    "marco",     "marcos",
    "marcus",     "marek",      "margaret",   "margarita",   "margot",    "maria",     "mariam",
    "mariana",    "marianne",   "marie",      "mariko",      "marina",    "mario",     "marion",
    "marisol",    "marius",     "mark",       "marko",       "markus",    "marlene",   "marta",
    "martha",     "martin",     "martina",    "mary",        "maryam",    "masahiro",  "mateo",
    "mateusz",    "mathias",    "mathieu",    "mathilde",    "matias",    "matilda",   "matt",
    "matteo",     "matthew",    "matthias",   "matthieu",    "maureen",   "maurice",   "mauricio",
    "max",        "maxime",     "maximilian", "maya",        "megan",     "mehmet",    "mei",
    "melanie",    "melissa",    "mercedes",   "michael",     "michaela",  "michal",    "michel",
    "michele",    "michelle",   "miguel",     "miho",        "mika",      "mikael",    "mike",
    "mikhail",    "mikko",      "milan",      "milena",      "millie",    "min",       "ming",
    "mirela",     "miriam",     "mitchell",   "mohamed",     "mohammad",  "mohammed",  "mohan",
    "monica",     "monika",     "monique",    "morgan",      "moritz",    "muhammad",  "mustafa",
    "nadia",      "nadine",     "nancy",      "naoko",       "naomi",     "natalia",   "natalie",
    "natasha",    "nathalie",   "nathan",     "nathaniel",   "neha",      "neil",      "nelson",
    "nicholas",   "nick",       "nicola",     "nicolas",     "nicole",    "niels",     "nigel",
    "nikhil",     "nikita",     "niklas",     "nikola",      "nikolai",   "nils",      "nina",
    "noah",       "noemi",      "nora",       "norbert",     "norma",     "norman",    "nuno",
    "octavio",    "odile",      "olaf",       "ole",         "oleg",      "olga",      "oliver",
    "olivia",     "olivier",    "omar",       "oscar",       "oskar",     "osman",     "otto",
    "owen",       "pablo",      "paige",      "pamela",      "paola",     "paolo",     "pascal",
    "patricia",   "patricio",   "patrick",    "patrik",      "patrycja",  "patty",     "paul",
    "paula",      "paulina",    "pauline",    "paulo",       "pavel",     "pawel",     "pedro",
    "peggy",      "penelope",   "per",        "pete",        "peter",     "petra",     "philip",
    "philipp",    "philippe",   "phillip",    "phoebe",      "phyllis",   "pia",       "pierre",
    "pilar",      "piotr",      "poppy",      "pradeep",     "prakash",   "pranav",    "preeti",
    "priya",      "quentin",    "rachel",     "rachid",      "radek",     "rafael",    "rahul",
    "raj",        "rajesh",     "ralf",       "ralph",       "ramesh",    "ramon",     "ramona",
    "randall",    "randy",      "raphael",    "raquel",      "rashid",    "raul",      "ravi",
    "ray",        "raymond",    "rebecca",    "regina",      "reinhard",  "rekha",     "renata",
    "rene",       "renee",      "ricardo",    "riccardo",    "richard",   "rick",      "ricky",
    "riku",       "rita",       "rob",        "robert",      "roberta",   "roberto",   "robin",
    "rocio",      "rodney",     "rodolfo",    "rodrigo",     "roger",     "rohan",     "roland",
    "rolf",       "romain",     "roman",      "ron",         "ronald",    "rosa",      "rosalie",
    "rosario",    "rose",       "rosemary",   "ross",        "roxana",    "roy",       "ruben",
    "rudolf",     "rui",        "rupert",     "russell",     "ruth",      "ryan",      "ryo",
    "sabine",     "sabrina",    "sakura",     "sally",       "salma",     "salvador",  "salvatore",
    "sam",        "samantha",   "samir",      "samuel",      "sandeep",   "sander",    "sandra",
    "sandro",     "sanjay",     "santiago",   "santosh",     "sara",      "sarah",     "sascha",
    "satoshi",    "scott",      "sean",       "sebastian",   "sebastien", "selena",    "selma",
    "serena",     "serge",      "sergei",     "sergio",      "seth",      "shane",     "shannon",
    "sharon",     "shaun",      "shawn",      "sheila",      "shelly",    "shinji",    "shirley",
    "shreya",     "sibylle",    "sigrid",     "silke",       "silvia",    "silvio",    "simon",
    "simona",     "simone",     "siobhan",    "slawomir",    "sofia",     "sofie",     "solveig",
    "sonia",      "sonja",      "sophia",     "sophie",      "soren",     "stacy",     "stan",
    "stanislaw",  "stefan",     "stefania",   "stefanie",    "stefano",   "steffen",   "stella",
    "stephan",    "stephane",   "stephanie",  "stephen",     "steve",     "steven",    "stuart",
    "sue",        "sunil",      "sunita",     "suresh",      "susan",     "susana",    "susanne",
    "suzanne",    "sven",       "svetlana",   "swati",       "sylvia",    "sylvie",    "tadashi",
    "takashi",    "takeshi",    "tamara",     "tammy",       "tanja",     "tanya",     "tara",
    "tariq",      "tatiana",    "ted",        "teresa",      "terrence",  "terry",     "theo",
    "theodor",    "theodore",   "theresa",    "therese",     "thibault",  "thierry",   "thomas",
    "thorsten",   "tiffany",    "tim",        "timo",        "timothy",   "tina",      "tobias",
    "todd",       "tom",        "tomas",      "tomasz",      "tommy",     "toni",      "tony",
    "torsten",    "tracy",      "travis",     "trevor",      "tristan",   "tyler",     "udo",
    "ulf",        "ulrich",     "ulrike",     "ursula",      "uwe",       "valentin",  "valentina",
    "valeria",    "valerie",    "vanessa",    "vera",        "veronica",  "veronika",  "veronique",
    "vicki",      "victor",     "victoria",   "vijay",       "vikram",    "viktor",    "vincent",
    "vincenzo",   "violet",     "virginie",   "vishal",      "vivian",    "vivien",    "vladimir",
    "volker",     "waldemar",   "walter",     "wanda",       "wayne",     "wei",       "wendy",
    "werner",     "wilfried",   "wilhelm",    "willem",      "william",   "willie",    "wojciech",
    "wolfgang",   "xavier",     "ximena",     "yael",        "yan",       "yannick",   "yasmin",
    "yasuhiro",   "yoko",       "yolanda",    "yosef",       "youssef",   "yui",       "yuki",
    "yuko",       "yuri",       "yusuf",      "yves",        "yvette",    "yvonne",    "zachary",
    "zainab",     "zbigniew",   "zeynep",     "zoe",         "zofia",     "zsofia"};
// Family names, without marks, sorted.
constexpr std::string_view kFamily[] = {
    "abbott",       "abdi",       "abe",        "acosta",     "adams",        "aguilar",
    "aguirre",      "ahmad",      "ahmed",      "aitken",     "akhtar",       "albrecht",
    "alexander",    "ali",        "allan",      "allen",      "almeida",      "alonso",
    "alvarado",     "alvarez",    "alves",      "amari",      "anand",        "andersen",
    "anderson",     "andersson",  "andrade",    "andrews",    "antunes",      "aoki",
    "araujo",       "arias",      "armstrong",  "arnold",     "arora",        "ashton",
    "atkinson",     "aubert",     "austin",     "avila",      "ayala",        "aydin",
    "bailey",       "baker",      "baldwin",    "banerjee",   "barber",       "barbieri",
    "barker",       "barnes",     "barnett",    "barrett",    "barron",       "barros",
    "barry",        "bartlett",   "barton",     "bates",      "batista",      "bauer",
    "baumann",      "bautista",   "beck",       "becker",     "begum",        "bell",
    "beltran",      "benitez",    "bennett",    "benson",     "berg",         "berger",
    "bergmann",     "bernard",    "berry",      "bertrand",   "bhatt",        "bianchi",
    "bishop",       "bjork",      "black",      "blackwell",  "blair",        "blake",
    "blanc",        "blanchard",  "blanco",     "bohm",       "bonnet",       "bosch",
    "boucher",      "bouvier",    "bowen",      "bowman",     "boyd",         "boyle",
    "bradley",      "brady",      "brandt",     "braun",      "brennan",      "brooks",
    "brown",        "browne",     "bruno",      "bryant",     "buchanan",     "burgess",
    "burke",        "burnett",    "burns",      "burton",     "busch",        "bush",
    "butler",       "byrne",      "cabrera",    "caldwell",   "calvo",        "cameron",
    "campbell",     "campos",     "cardenas",   "cardoso",    "carlson",      "carlsson",
    "carmona",      "carpenter",  "carr",       "carrillo",   "carroll",      "carson",
    "carter",       "caruso",     "carvalho",   "castillo",   "castro",       "cervantes",
    "chambers",     "chan",       "chandler",   "chandra",    "chang",        "chapman",
    "charles",      "chatterjee", "chaudhary",  "chavez",     "chen",         "cheng",
    "cheung",       "chevalier",  "choi",       "chopra",     "chow",         "christensen",
    "christiansen", "chung",      "clark",      "clarke",     "clement",      "cohen",
    "cole",         "coleman",    "collins",    "colombo",    "conner",       "connolly",
    "conti",        "contreras",  "cook",       "cooper",     "correa",       "cortes",
    "cortez",       "costa",      "coste",      "cowan",      "cox",          "craig",
    "crawford",     "cross",      "cruz",       "cunningham", "curtis",       "dahl",
    "dalton",       "daniels",    "das",        "dasilva",    "davidson",     "davies",
    "davis",        "dawson",     "delacroix",  "delgado",    "deluca",       "deng",
    "dennis",       "desai",      "deshpande",  "diallo",     "dias",         "diaz",
    "dietrich",     "dixon",      "doherty",    "dominguez",  "donnelly",     "douglas",
    "doyle",        "duarte",     "dubois",     "dumas",      "dumont",       "duncan",
    "dunn",         "dupont",     "dupuis",     "duran",      "durand",       "dutta",
    "edwards",      "ek",         "eklund",     "elliott",    "ellis",        "engel",
    "erdmann",      "eriksen",    "eriksson",   "escobar",    "espinoza",     "estrada",
    "evans",        "farrell",    "faure",      "faust",      "ferguson",     "fernandes",
    "fernandez",    "ferrari",    "ferreira",   "ferrer",     "fields",       "figueroa",
    "fischer",      "fisher",     "fitzgerald", "fleming",    "fletcher",     "flores",
    "flynn",        "fonseca",    "fontaine",   "forbes",     "ford",         "foster",
    "fournier",     "fowler",     "fox",        "francis",    "franco",       "frank",
    "franke",       "fraser",     "freeman",    "freitas",    "friedrich",    "fuchs",
    "fuentes",      "fujita",     "fukuda",     "fuller",     "gallagher",    "gallego",
    "gallo",        "gao",        "garcia",     "gardner",    "garrett",      "garza",
    "gauthier",     "george",     "georgiou",   "gibbs",      "gibson",       "gilbert",
    "gill",         "gimenez",    "giordano",   "girard",     "giuliani",     "goldberg",
    "gomes",        "gomez",      "gonzales",   "gonzalez",   "goodman",      "goodwin",
    "gordon",       "goto",       "graf",       "graham",     "grant",        "graves",
    "gray",         "greco",      "green",      "greenberg",  "greene",       "griffin",
    "griffith",     "gross",      "grosse",     "guerin",     "guerra",       "guerrero",
    "guevara",      "gunther",    "gupta",      "gustafsson", "gutierrez",    "guzman",
    "haas",         "haddad",     "hahn",       "hall",       "hamilton",     "hammond",
    "han",          "hansen",     "hansson",    "harper",     "harris",       "harrison",
    "hart",         "hartmann",   "harvey",     "hasan",      "hashimoto",    "hassan",
    "haugen",       "hayashi",    "hayes",      "heikkinen",  "heinrich",     "henderson",
    "henry",        "hernandez",  "herrera",    "herrmann",   "hess",         "higgins",
    "hill",         "hinton",     "ho",         "hoang",      "hoffman",      "hoffmann",
    "hofmann",      "holland",    "holm",       "holmes",     "holt",         "hong",
    "hopkins",      "horn",       "horvath",    "howard",     "howell",       "huang",
    "huber",        "hudson",     "hughes",     "hunt",       "hunter",       "hussain",
    "hussein",      "ibrahim",    "iglesias",   "inoue",      "ishida",       "ishii",
    "ito",          "ivanov",     "ivanova",    "iyer",       "jackson",      "jacobs",
    "jacobsen",     "jacobson",   "jaeger",     "jain",       "james",        "jansen",
    "janssen",      "jansson",    "jenkins",    "jensen",     "jimenez",      "johansen",
    "johansson",    "johns",      "johnson",    "johnston",   "jones",        "jordan",
    "joseph",       "joshi",      "jovanovic",  "juarez",     "jung",         "kaiser",
    "kamara",       "kaminski",   "kang",       "kaplan",     "kapoor",       "karlsson",
    "kato",         "kaufmann",   "kaur",       "keller",     "kelley",       "kelly",
    "kennedy",      "kent",       "kerr",       "khan",       "kim",          "king",
    "klein",        "kline",      "knight",     "kobayashi",  "koch",         "koenig",
    "kohler",       "kondo",      "korhonen",   "kovac",      "kovacs",       "kowalczyk",
    "kowalska",     "kowalski",   "kramer",     "kraus",      "krause",       "krishnan",
    "kruger",       "kuhn",       "kulkarni",   "kumar",      "kuznetsov",    "kwon",
    "lam",          "lambert",    "lang",       "lange",      "larsen",       "larson",
    "larsson",      "laurent",    "lawrence",   "lawson",     "le",           "leblanc",
    "leclerc",      "lee",        "lefebvre",   "legrand",    "lehmann",      "leon",
    "leroy",        "leung",      "levine",     "levy",       "lewandowska",  "lewandowski",
    "lewis",        "li",         "lim",        "lima",       "lin",          "lind",
    "lindberg",     "lindgren",   "lindqvist",  "lindstrom",  "liu",          "lloyd",
    "lombardi",     "long",       "lopes",      "lopez",      "lorenz",       "lowe",
    "lu",           "lucas",      "ludwig",     "lund",       "lundberg",     "lynch",
    "macdonald",    "machado",    "mackenzie",  "mahmoud",    "maier",        "malhotra",
    "malik",        "mancini",    "mann",       "marchand",   "marchetti",    "mariani",
    "marin",        "marino",     "markovic",   "marques",    "marquez",      "marsh",
    "marshall",     "martin",     "martinez",   "martini",    "martins",      "mason",
    "massey",       "masson",     "matsumoto",  "matthews",   "maurer",       "may",
    "mayer",        "mccarthy",   "mccormick",  "mcdonald",   "mckenzie",     "mclaughlin",
    "mclean",       "medina",     "mehta",      "meier",      "melo",         "mendes",
    "mendez",       "mendoza",    "menon",      "mensah",     "mercier",      "meyer",
    "michaelis",    "michel",     "miller",     "mills",      "mishra",       "mitchell",
    "miyazaki",     "mohamed",    "mohammed",   "molina",     "moller",       "montgomery",
    "moore",        "mora",       "morales",    "moran",      "moreau",       "moreira",
    "morel",        "moreno",     "moretti",    "morgan",     "mori",         "morin",
    "morris",       "morrison",   "moser",      "moss",       "moulin",       "muller",
    "munoz",        "murphy",     "murray",     "mustafa",    "myers",        "nagy",
    "nair",         "nakajima",   "nakamura",   "nash",       "navarro",      "neal",
    "nelson",       "neumann",    "newman",     "newton",     "ng",           "nguyen",
    "nicholson",    "nicolas",    "nielsen",    "nieminen",   "nilsson",      "noble",
    "noel",         "nogueira",   "nolan",      "nordmann",   "novak",        "nowak",
    "nunes",        "nunez",      "obrien",     "oconnell",   "oconnor",      "odonnell",
    "ogawa",        "oh",         "okada",      "okafor",     "oliveira",     "oliver",
    "olsen",        "olson",      "olsson",     "oneill",     "ono",          "orozco",
    "ortega",       "ortiz",      "osborne",    "osman",      "otto",         "owens",
    "ozturk",       "pacheco",    "padilla",    "palmer",     "papadopoulos", "park",
    "parker",       "parsons",    "patel",      "paterson",   "patterson",    "paul",
    "pavlov",       "payne",      "pedersen",   "pena",       "pereira",      "perez",
    "perkins",      "perret",     "perrin",     "perry",      "persson",      "peters",
    "petersen",     "peterson",   "petit",      "petrov",     "petrova",      "pfeiffer",
    "pham",         "phan",       "phillips",   "pierce",     "pinto",        "piotrowski",
    "pires",        "popescu",    "popov",      "porter",     "powell",       "prasad",
    "price",        "prieto",     "quinn",      "rahman",     "rai",          "ramirez",
    "ramos",        "ramsey",     "rana",       "rao",        "rasmussen",    "ray",
    "reddy",        "reed",       "reeves",     "reid",       "reis",         "reyes",
    "reynolds",     "rhodes",     "ribeiro",    "ricci",      "rice",         "richards",
    "richardson",   "richter",    "riley",      "rinaldi",    "rios",         "rivera",
    "rizzo",        "robbins",    "roberts",    "robertson",  "robinson",     "robles",
    "rocha",        "rodrigues",  "rodriguez",  "rogers",     "rojas",        "roman",
    "romano",       "romero",     "rosario",    "rosen",      "rosenberg",    "rosenthal",
    "ross",         "rossi",      "roth",       "rousseau",   "roussel",      "roux",
    "rowe",         "roy",        "rubio",      "ruiz",       "russell",      "russo",
    "ryan",         "sahin",      "saito",      "sakamoto",   "salas",        "salazar",
    "saleh",        "salinas",    "salvatore",  "sanchez",    "sanders",      "sandoval",
    "santana",      "santiago",   "santoro",    "santos",     "sasaki",       "sato",
    "sauer",        "saunders",   "savage",     "schaefer",   "schafer",      "scherer",
    "schmid",       "schmidt",    "schmitt",    "schmitz",    "schneider",    "scholz",
    "schreiber",    "schroder",   "schroeder",  "schubert",   "schulte",      "schultz",
    "schulz",       "schumacher", "schuster",   "schwartz",   "schwarz",      "scott",
    "seidel",       "serrano",    "shah",       "shannon",    "sharma",       "sharp",
    "shaw",         "sheikh",     "shen",       "sherman",    "shimizu",      "shin",
    "silva",        "simmons",    "simon",      "simpson",    "sims",         "singh",
    "skinner",      "smirnov",    "smit",       "smith",      "snyder",       "soares",
    "solis",        "sommer",     "song",       "soto",       "sousa",        "souza",
    "spencer",      "stanley",    "stein",      "steiner",    "stephan",      "stephens",
    "stevens",      "stevenson",  "stewart",    "stokes",     "stone",        "strand",
    "strickland",   "suarez",     "sullivan",   "sun",        "sundberg",     "sutherland",
    "sutton",       "suzuki",     "svensson",   "swanson",    "szabo",        "szymanski",
    "takahashi",    "takeda",     "tan",        "tanaka",     "tang",         "tate",
    "taylor",       "teixeira",   "tembo",      "terry",      "thapa",        "thomas",
    "thompson",     "thomsen",    "thomson",    "thornton",   "toivonen",     "tomasi",
    "torres",       "toth",       "townsend",   "tran",       "tremblay",     "trujillo",
    "tucker",       "turner",     "ueda",       "underwood",  "valdez",       "valencia",
    "valentin",     "vance",      "vandenberg", "vanderberg", "vargas",       "vasquez",
    "vaughn",       "vazquez",    "vega",       "velasquez",  "verma",        "vidal",
    "vieira",       "vila",       "villa",      "vincent",    "virtanen",     "visser",
    "vogel",        "vogt",       "volkov",     "vries",      "vu",           "wagner",
    "walker",       "wallace",    "walsh",      "walter",     "walters",      "wang",
    "ward",         "warner",     "warren",     "washington", "watanabe",     "watkins",
    "watson",       "watts",      "weaver",     "webb",       "weber",        "webster",
    "wei",          "weiss",      "welch",      "wells",      "werner",       "west",
    "wheeler",      "whitaker",   "white",      "wilkinson",  "williams",     "williamson",
    "willis",       "wilson",     "winkler",    "winter",     "wojcik",       "wolf",
    "wolff",        "wong",       "wood",       "woods",      "woodward",     "wright",
    "wu",           "xu",         "yamada",     "yamaguchi",  "yamamoto",     "yamashita",
    "yang",         "yates",      "yilmaz",     "yoon",       "yoshida",      "young",
    "yu",           "zhang",      "zhao",       "zheng",      "zhou",         "zhu",
    "ziegler",      "zielinski",  "zimmermann", "zuniga"};
// Names that are words, months or places as well, sorted.
constexpr std::string_view kAmbiguous[] = {
    "ali",     "amber",     "ariana",    "austin",  "baker",   "bell",       "ben",
    "bill",    "bishop",    "black",     "brandon", "brooks",  "brown",      "burns",
    "bush",    "carol",     "carpenter", "chad",    "chan",    "charlotte",  "chelsea",
    "chen",    "christian", "cole",      "cook",    "cross",   "dale",       "dan",
    "das",     "dawn",      "dean",      "dias",    "don",     "ek",         "fields",
    "fisher",  "florence",  "ford",      "fox",     "francis", "frank",      "german",
    "grace",   "grant",     "gray",      "green",   "gross",   "guy",        "hall",
    "han",     "harry",     "hart",      "hill",    "ho",      "holly",      "horn",
    "howard",  "hunt",      "hunter",    "iris",    "jack",    "jackson",    "jan",
    "jasmine", "jay",       "jean",      "jordan",  "june",    "jung",       "ken",
    "kent",    "kim",       "king",      "knight",  "lang",    "le",         "lee",
    "leo",     "leon",      "li",        "lily",    "lim",     "long",       "lu",
    "madison", "mann",      "mark",      "marsh",   "mason",   "max",        "may",
    "milan",   "miller",    "mills",     "min",     "ming",    "moss",       "ng",
    "nick",    "noble",     "nolan",     "oh",      "ono",     "paige",      "park",
    "per",     "poppy",     "porter",    "price",   "rai",     "rana",       "rao",
    "ray",     "reed",      "rice",      "rick",    "rob",     "roman",      "rose",
    "rowe",    "sam",       "santiago",  "savage",  "sharp",   "shin",       "song",
    "stein",   "stokes",    "stone",     "sue",     "sun",     "tan",        "tang",
    "tate",    "ted",       "terry",     "tim",     "tom",     "tony",       "valencia",
    "vega",    "victoria",  "villa",     "violet",  "vu",      "washington", "wei",
    "wells",   "west",      "white",     "winter",  "wood",    "woods",      "wu",
    "yates",   "young",     "yu"};

static_assert(std::is_sorted(std::begin(kGiven), std::end(kGiven)));
static_assert(std::is_sorted(std::begin(kFamily), std::end(kFamily)));
static_assert(std::is_sorted(std::begin(kAmbiguous), std::end(kAmbiguous)));

// A name in small letters without marks; nothing if it is too long or of another alphabet.
struct Plain {
  std::array<char, kNameBytesMax> bytes{};
  size_t size = 0;
  std::string_view view() const noexcept { return {bytes.data(), size}; }
};

// Base letters of U+00C0 to U+00FF and of U+0100 to U+017F ('?' has none).
constexpr std::string_view kLatin1 =
    "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty";
constexpr std::string_view kExtendedA =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiijjjjkkkllllllllllnnnnnnnnnoooo"
    "oooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin1.size() == 64 && kExtendedA.size() == 128);

Plain plain(std::span<const uint8_t> name) noexcept {
  Plain out;
  for (size_t i = 0; i < name.size(); ++i) {
    const uint8_t c = name[i];
    char letter = static_cast<char>(to_lower(c));
    if (c == '\'' || c == '.') continue;
    if (c >= 0x80) {
      if (c < 0xc3 || c > 0xc5 || i + 1 == name.size()) return {};
      const size_t low = name[++i] & 0x3f;
      letter = c == 0xc3 ? kLatin1[low] : kExtendedA[(c - 0xc4u) * 64 + low];
    }
    if (out.size == out.bytes.size()) return {};
    out.bytes[out.size++] = letter;
  }
  return out;
}

// The given names by a hash of their first eight letters and their length: one bit each.
class GivenFilter {
 public:
  GivenFilter() {
    for (std::string_view name : kGiven) {
      std::array<uint8_t, 8> head{};
      std::memcpy(head.data(), name.data(), std::min(head.size(), name.size()));
      const size_t at = slot(head.data(), name.size());
      bits_[at / 64] |= uint64_t{1} << (at % 64);
    }
  }
  bool has(const uint8_t* word, size_t size) const noexcept {
    const size_t at = slot(word, size);
    return (bits_[at / 64] >> (at % 64) & 1) != 0;
  }

 private:
  static constexpr unsigned kSlotBits = 15;
  static size_t slot(const uint8_t* word, size_t size) noexcept {
    uint64_t head = 0;
    std::memcpy(&head, word, sizeof head);
    head |= 0x2020'2020'2020'2020U;
    if (size < sizeof head) head &= (uint64_t{1} << (8 * size)) - 1;
    return static_cast<size_t>((head + size) * 0x9e37'79b9'7f4a'7c15U >> (64 - kSlotBits));
  }
  std::array<uint64_t, (1U << kSlotBits) / 64> bits_{};
};

}  // namespace

bool may_be_given(const uint8_t* word, size_t size) noexcept {
  static const GivenFilter kFilter;
  return kFilter.has(word, size);
}

NameKind name_kind(std::span<const uint8_t> name) noexcept {
  const Plain whole = plain(name);
  constexpr uint8_t kGivenBit = 1, kFamilyBit = 2, kAmbiguousBit = 4;
  static const WordSet kNames{
      WordSet::List{kGiven, kGivenBit}, {kFamily, kFamilyBit}, {kAmbiguous, kAmbiguousBit}};
  NameKind out;
  if (whole.size < 2) return out;
  // Of a double name the first part decides.
  const std::string_view first = whole.view().substr(0, whole.view().find('-'));
  const uint8_t of_first = kNames.lists_of(first);
  const uint8_t of_whole = first.size() == whole.size ? of_first : kNames.lists_of(whole.view());
  out.given = (of_first & kGivenBit) != 0;
  out.family = ((of_first | of_whole) & kFamilyBit) != 0;
  out.ambiguous = (of_whole & kAmbiguousBit) != 0;
  return out;
}

}  // namespace sallyport::scan
