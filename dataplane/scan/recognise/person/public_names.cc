#include "dataplane/scan/recognise/person/public_names.h"

#include <string_view>

#include "dataplane/scan/read/word_set.h"

namespace sallyport::scan {
namespace {

// Names that many people have ("Paul Smith", "Max Weber") are left out.
constexpr std::string_view kNames[] = {
    // a
    "abraham lincoln", "ada lovelace", "adolf hitler", "alan turing", "albert camus",
    "albert einstein", "albert heijn", "alexander fleming", "alexander graham bell",
    "alexander hamilton", "alexander pushkin", "alfred hitchcock", "alfred nobel", "amelia earhart",
    "anna karenina", "anne frank", "anne shirley", "antonio vivaldi", "arthur conan doyle",
    "arthur dent", "arthur schopenhauer", "aston martin", "atticus finch", "axel springer",
    // b
    "barney rubble", "bart simpson", "beatrix kiddo", "bella swan", "ben sherman",
    "benito mussolini", "benjamin franklin", "bertolt brecht", "bertrand russell", "betty boop",
    "betty crocker", "betty rubble", "bilbo baggins", "blaise pascal", "bloody mary", "bruce wayne",
    "buffy summers", "bugs bunny",
    // c
    "calvin klein", "captain ahab", "carl friedrich gauss", "carl gustav jung", "carl sagan",
    "carl zeiss", "carnegie mellon", "carrie bradshaw", "charles babbage", "charles darwin",
    "charles de gaulle", "charles dickens", "charles schwab", "charlie chaplin", "charlotte bronte",
    "christian dior", "christian grey", "christopher columbus", "christopher marlowe",
    "clarice starling", "clark kent", "claude debussy", "claude monet", "claude shannon",
    "coco chanel",
    // d
    "daniel defoe", "daniel deronda", "darth vader", "david copperfield", "david yurman",
    "diana prince", "dmitri mendeleev", "don juan", "don quijote", "don quixote", "donna karan",
    "dorian gray", "dorothy gale",
    // e
    "earl grey", "edgar allan poe", "edmond dantes", "edvard munch", "edward cullen",
    "edward elgar", "edward rochester", "edwin hubble", "elizabeth bennet", "ellen ripley",
    "elvis presley", "emily bronte", "emily dickinson", "emma bovary", "emma woodhouse",
    "emmy noether", "enrico fermi", "erika mustermann", "ernest hemingway", "ernest rutherford",
    "ernst young", "erwin schrodinger", "estee lauder", "eugene delacroix",
    // f
    "fannie mae", "florence nightingale", "fox mulder", "frank lloyd wright",
    "franklin d roosevelt", "franklin roosevelt", "franklin templeton", "franz kafka",
    "franz liszt", "franz schubert", "fred flintstone", "fred perry", "freddie mac",
    "frederic chopin", "friedrich ebert", "friedrich engels", "friedrich nietzsche",
    "friedrich schiller", "frodo baggins", "fyodor dostoevsky",
    // g
    "galileo galilei", "george bernard shaw", "george boole", "george jetson", "george orwell",
    "george washington", "giorgio armani", "gottfried leibniz", "grace hopper", "granny smith",
    "gregor mendel", "gregor samsa", "gustav klimt", "gustav mahler", "gustave eiffel",
    "gustave flaubert", "guy fawkes",
    // h
    "han solo", "hannibal lecter", "hans christian andersen", "hans riegel", "harley davidson",
    "harriet tubman", "harry potter", "heinrich bauer", "heinrich heine", "heinrich hertz",
    "helen keller", "helena rubinstein", "henri matisse", "henri poincare", "henry david thoreau",
    "henry ford", "henry higgins", "henry purcell", "henry schein", "hercule poirot",
    "herman melville", "hermann hesse", "hermione granger", "holden caulfield", "holly golightly",
    "homer simpson", "honore de balzac", "huckleberry finn", "hugo boss", "humbert humbert",
    // i
    "immanuel kant", "indiana jones", "isaac asimov", "isaac newton",
    // j
    "jack daniel", "jack daniels", "jack sparrow", "jack wolfskin", "james bond",
    "james clerk maxwell", "james joyce", "james moriarty", "james watt", "jane austen",
    "jane eyre", "jane marple", "jason bourne", "jay gatsby", "jean jacques rousseau",
    "jean paul gaultier", "jean paul sartre", "jean valjean", "jeanne lanvin", "jekyll hyde",
    "jessica rabbit", "jim beam", "jimmy choo", "joan of arc", "joe bloggs",
    "johann sebastian bach", "johannes brahms", "johannes gutenberg", "johannes kepler",
    "johannes vermeer", "john deere", "john f kennedy", "john hancock", "john keats",
    "john kennedy", "john maynard keynes", "john milton", "john rambo", "john steinbeck",
    "john stuart mill", "john von neumann", "john wick", "johnnie walker", "johnny walker",
    "johns hopkins", "johnson controls", "jon snow", "jones lang lasalle", "joseph conrad",
    "joseph fourier", "joseph haydn", "joseph stalin", "jules maigret", "jules verne",
    "juliet capulet", "julius caesar",
    // k
    "karl lagerfeld", "karl marx", "karl popper", "kate spade", "katniss everdeen", "king arthur",
    "king lear", "konrad adenauer", "konrad zuse",
    // l
    "lara croft", "laura ashley", "lemuel gulliver", "leo tolstoy", "leonard bernstein",
    "leonardo da vinci", "leonhard euler", "leopold bloom", "levi strauss", "lewis carroll",
    "lisa simpson", "lockheed martin", "lois lane", "louis armstrong", "louis braille",
    "louis pasteur", "louis vuitton", "lucy pevensie", "ludwig van beethoven",
    "ludwig wittgenstein", "luke skywalker", "luna lovegood",
    // m
    "mahatma gandhi", "malcolm x", "marcel proust", "marco polo", "marcus aurelius",
    "marge simpson", "maria callas", "maria montessori", "marie antoinette", "marie curie",
    "marilyn monroe", "mario bros", "mark twain", "marks spencer", "martin heidegger",
    "martin luther", "martin luther king", "martin marietta", "marty mcfly", "mary kay",
    "mary poppins", "mary shelley", "max mara", "max mustermann", "max planck", "mercedes benz",
    "michael faraday", "michael kors", "mickey mouse", "miguel de cervantes", "minnie mouse",
    "miss marple", "miss sixty", "moby dick", "molly bloom", "molly malone", "monica geller",
    "morgan stanley",
    // n
    "nancy drew", "napoleon bonaparte", "natasha rostova", "ned stark", "neil armstrong",
    "neville longbottom", "niccolo machiavelli", "nicolaus copernicus", "niels bohr",
    "nikola tesla",
    // o
    "oliver cromwell", "oliver twist", "oscar mayer", "oscar wilde", "otto von bismarck",
    // p
    "pablo picasso", "patrick bateman", "paul cezanne", "paul gauguin", "peter pan",
    "peter paul rubens", "peter thomas roth", "phileas fogg", "philip marlowe", "philip morris",
    "pierre cardin", "pierre curie", "pierre de fermat",
    // r
    "rainer maria rilke", "ralph lauren", "raymond james", "rene descartes", "rhett butler",
    "richard feynman", "richard wagner", "robert bosch", "robert frost", "robert louis stevenson",
    "robert mondavi", "robert oppenheimer", "robert schumann", "robin hood", "robinson crusoe",
    "rocky balboa", "roland berger", "rolls royce", "romeo montague", "ron weasley",
    "rosa luxemburg", "rosa parks", "rosalind franklin", "roy batty", "rudyard kipling",
    // s
    "salvador dali", "sam spade", "samuel adams", "samuel beckett", "samuel morse",
    "samwise gamgee", "sarah connor", "scarlett ohara", "sherlock holmes", "shirley temple",
    "sidney carton", "sigmund freud", "simon bolivar", "simon templar", "smith wesson",
    "stella artois", "stella mccartney", "stephen dedalus", "sydney carton", "sylvia plath",
    // t
    "ted baker", "tess durbeyfield", "thomas aquinas", "thomas edison", "thomas hobbes",
    "thomas jefferson", "thomas sabo", "thomson reuters", "tim hortons", "tom collins",
    "tom riddle", "tom ripley", "tom sawyer", "tommy hilfiger", "tony montana", "tony soprano",
    "tony stark", "tory burch", "tracy flick", "travis bickle",
    // u
    "uncle ben", "uriah heep",
    // v
    "vasco da gama", "vera wang", "victor frankenstein", "victor hugo", "victoria beckham",
    "victoria secret", "vincent van gogh", "virginia woolf", "vito corleone", "vladimir lenin",
    "vladimir nabokov",
    // w
    "walt disney", "walt whitman", "walter mitty", "warner bros", "wednesday addams",
    "werner heisenberg", "wilhelm rontgen", "william blake", "william faulkner",
    "william shakespeare", "william wordsworth", "willy loman", "willy wonka", "winnie pooh",
    "winston churchill", "winston smith", "wolfgang amadeus mozart", "woodrow wilson",
    // y
    "yuri zhivago", "yves rocher", "yves saint laurent"};

}  // namespace

bool is_public_name(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  static const WordSet kSet{kNames};
  return kSet.lists_of_any_case(reader.known(start, end)) != 0;
}

}  // namespace sallyport::scan
