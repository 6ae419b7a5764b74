"""names.py: common given and family names, streets and towns out of which made-up people are put together."""

GIVEN = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard "
    "Susan Joseph Jessica Thomas Sarah Karen Nancy Daniel Lisa Matthew Betty Anthony Sandra Mark Ashley "
    "Steven Emily Andrew Olivia Kevin Emma Hans Petra Jürgen Sabine Klaus Ursula Lukas Hannah Jean "
    "Marie Pierre Camille Élodie Luc Antoine Chloé Carlos Carmen José Lucía Javier Sofía Marco Giulia "
    "Luca Francesca Alessandro Chiara João Ana Beatriz Tiago Jan Pieter Sanne Piotr Agnieszka Katarzyna "
    "Tomasz Lars Ingrid Björn Astrid Mehmet Ayşe Emre Zeynep Omar Fatima Ahmed Layla Raj Priya Arjun "
    "Ananya Wei Mei Hiroshi Yuki Kenji Sakura Jin Minji Ivan Olga Dmitri Natalia").split()
FAMILIES = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Wilson "
    "Anderson Thomas Taylor Moore Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker "
    "Hall Allen Young Wright Scott Green Baker Adams Nelson Carter Mitchell Müller Schmidt Schneider "
    "Fischer Weber Meyer Wagner Becker Hoffmann Dubois Moreau Lefebvre Rousseau Fernández González "
    "Pérez Romero Rossi Bianchi Ferrari Esposito Silva Santos Oliveira Costa Jansen Bakker Visser "
    "Kowalski Nowak Wójcik Lindström Johansson Andersson Yılmaz Demir Kaya Hassan Haddad Khan Patel "
    "Sharma Singh Gupta Chen Wang Zhang Tanaka Suzuki Sato Kim Park Choi Ivanov Petrov Novak Mensah "
    "Okafor").split()
# Of scripts that need no capital letters, and of names that no list knows: (given, family, how they are put together).
PERSONS = {
    "zh": ("伟 芳 娜 敏 静 小明 晓东 建国 雪梅 志强", "王 李 张 刘 陈 杨 赵 黄 周 吴", "{family}{given}"),
    "ja": ("太郎 花子 健一 美咲 翔太 さくら", "佐藤 鈴木 高橋 田中 渡辺 山本 長谷川", "{family}{given}"),
    "ja-family": ("太郎", "佐藤 鈴木 高橋 田中 渡辺 山本 中村 小林", "{family}"),
    "ko": ("민수 지영 서연 도윤 하준 은지", "김 이 박 최 정 강 조 윤", "{family}{given}"),
    "ru": ("Иван Анна Сергей Ольга Дмитрий Екатерина", "Петренко Смирных Кузнец Соколовых Морозюк", "{given} {family}"),
    "ru-full": ("Бжорн Тимур Ринат Ждан", "Ильдарович Вагизович Фаридович Кузьмович", "{given} {family}"),
    "uk-full": ("Зоряна Мирослава Уляна Ярина", "Остапівна Устимівна Захарівна Лук'янівна", "{given} {family}"),
    "el": ("Γιώργος Μαρία Νίκος Ελένη", "Παπαδόπουλος Νικολάου Γεωργίου", "{given} {family}"),
    "ar": ("محمد فاطمة أحمد علي خالد", "العلي الحداد منصور الخطيب", "{given} {family}"),
    "he": ("דוד רחל יוסף מרים", "כהן לוי מזרחי פרץ", "{given} {family}"),
    "rare": ("Zyntha Oyelaran Iluka Brannoc Tavian Ngozika Ylva Jorund",
             "Quastrup Warrendyn Okwuosa Mirescu Halvorsby Zwicklin", "{given} {family}"),
    "rare-family": ("X", "Quastrup Warrendyn Okwuosa Mirescu Halvorsby Zwicklin", "{family}"),
    "rare-given": ("Zyntha Oyelaran Iluka Brannoc Tavian Ngozika", "X", "{given}"),
    "initial": ("Johanna Levin Otto", "Ortiz Quastrup Keller", "{given[0]}. {family}"),
    "german-family": ("X", "Keller Vogt Krüger", "{family}"),
    "fa": ("سارا رضا مریم کاوه نرگس", "کریمی رضایی احمدی رستمی", "{given} {family}"),
    "hu": ("Levente Kincső Zselyke Botond", "Kerekes Bárdos Halmi Zöldi", "{family} {given}"),
    "alone": ("Katarina Annika Priya Hassan Joanna Zsolt Chiamaka Ingrid Tomasz Siobhan Fatima", "X", "{given}")}
MAIL_HOSTS = (
    "example.com example.org example.net mail.example.com gmail.com outlook.com yahoo.com icloud.com "
    "web.de gmx.net orange.fr libero.it uol.com.br acme-corp.com northwind.io contoso.co.uk "
    "uni-heidelberg.de clinic.health city.gov.au kyoto-u.ac.jp startup.ai shop.online "
    "sub.dept.company.travel firma.pl").split()
STREETS_US = [
    "Maple Avenue", "Oak Street", "N Washington Blvd", "Cedar Lane", "Elm St", "Lakeview Drive", "W 42nd Street",
    "Sunset Blvd",
    "Park Pl", "Highland Rd", "Riverside Dr",
    "SE Pine Ct", "Martin Luther King Jr Way", "Hillcrest Terrace",
    "Birch Circle"]
STREETS_DE = ["Hauptstraße", "Bahnhofstr.", "Lindenallee", "Goethestraße", "Am Markt", "Schillerplatz", "Rosenweg",
    "Berliner Straße"]
STREETS_FR = ["rue de la Paix", "avenue Victor Hugo", "boulevard Saint-Michel", "rue du Faubourg",
    "place Bellecour", "chemin des Lilas"]
CITIES_US = [
    ("Seattle", "WA", "981"), ("Denver", "CO", "802"), ("Austin", "TX", "787"), ("Boston", "MA", "021"),
    ("Chicago", "IL", "606"),
    ("San Francisco", "CA", "941"), ("Miami", "FL", "331"), ("New York", "NY", "100"), ("Portland", "OR", "972"),
    ("Atlanta", "GA", "303"),
    ("Phoenix", "AZ", "850"), ("Nashville", "TN", "372"), ("Columbus", "OH", "432"), ("Salt Lake City", "UT", "841")]
CITIES_DE = [("Berlin", "101"), ("München", "803"), ("Hamburg", "200"), ("Köln", "506"), ("Stuttgart", "701"),
        ("Leipzig", "041")]
CITIES_FR = [("Paris", "75011"), ("Lyon", "69003"), ("Marseille", "13006"), ("Toulouse", "31000"),
        ("Nantes", "44000"), ("Lille", "59800")]
# Short words without meaning for texts around values.
PRODUCTS = "blue kettle|desk lamp|running shoes|office chair|wool blanket|phone case|garden hose".split("|")
COMPANIES = "Northwind|Fabrikam|Contoso|Initech|Globex|Umbrella Foods|Blue Harbor|Kestrel Labs".split("|")
