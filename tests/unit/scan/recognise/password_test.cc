#include "dataplane/scan/recognise/secret/password.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/unit/scan/recognise/recogniser_probe.h"

namespace sallyport::scan {
namespace {

struct Case {
  std::string text, cue, value;
};

const RecogniserProbe kProbe(password_after_cue);

TEST(Password, IsReadFromEveryForm) {
  const std::vector<Case> cases = {
      {"the password is Orbit0014x, ok?", "password", "Orbit0014x"},
      {"my password's Orbit0014x", "password", "Orbit0014x"},
      {"Password: Orbit0014x", "password", "Orbit0014x"},
      {"**Password:** `Orbit0014x`", "password", "Orbit0014x"},
      {"| password | Orbit0014x |", "password", "Orbit0014x"},
      {"password for the VPN is now Orbit0014x.", "password", "Orbit0014x"},
      {"I changed my password to Orbit0014x yesterday", "password", "Orbit0014x"},
      {"The root password on db01 is Orbit0014x", "password", "Orbit0014x"},
      {"Password (VPN): Orbit0014x", "password", "Orbit0014x"},
      {"ID/PW: kev / Orbit0014x", "id/pw", "Orbit0014x"},
      {"log in with kev / Orbit0014x!", "log in with", "Orbit0014x!"},
      {"passwd <- \"Orbit0014x\"", "passwd", "Orbit0014x"},
      {"Set-Variable -Name Password -Value \"Orbit0014x\"", "password", "Orbit0014x"},
      {"id/pw(kev/Orbit0014x)", "id/pw", "Orbit0014x"},
      {"ID kev pw Orbit0014x", "pw ", "Orbit0014x"},
      {"the pwd of kev is Orbit0014x", "pwd", "Orbit0014x"},
      {"my pw Orbit0014x doesnt work", "pw ", "Orbit0014x"},
      {"the wifi pass Orbit0014x works", "pass", "Orbit0014x"},
      {"~ password = \"Orbit0014x\" -> \"Comet0015y\"", "password", "Orbit0014x\" -> \"Comet0015y"},
      {"~ password = \"Orbit0014x\" -> (known after apply)", "password", "Orbit0014x"},
      {"password for kev:Orbit0014x, ok", "password", "Orbit0014x"},
      {"用户名kev，密码Orbit0014x。", "密码", "Orbit0014x"},
      {"비밀번호(Orbit0014x)", "비밀번호", "Orbit0014x"},
      {"expect \"password:\"\nsend -- \"Orbit0014x\\r\"", "password", "Orbit0014x"},
      {"log in with kev@example.org and Orbit0014x", "log in with", "Orbit0014x"},
      {"wifi: GuestNet / Orbit0014x", "wifi:", "Orbit0014x"},
      {"creds -> kev / Orbit0014x", "creds", "Orbit0014x"},
      {"please set its password to \"Orbit0014x\" now", "password", "Orbit0014x"},
      {"the password should be Orbit0014x", "password", "Orbit0014x"},
      {"log in with matthew.green+test@uni-example.org and Orbit0014x", "log in with",
       "Orbit0014x"},
      {"the admin account uses password Orbit0014x", "password", "Orbit0014x"},
      {"pw: Orbit0014x", "pw:", "Orbit0014x"},
      {"user admin pass Orbit0014x", "pass", "Orbit0014x"},
      {"Das Passwort lautet Orbit0014x.", "passwort", "Orbit0014x"},
      {"mot de passe : Orbit0014x", "mot de passe", "Orbit0014x"},
      {"La contraseña es Orbit0014x", "contraseña", "Orbit0014x"},
      {"A senha é Orbit0014x", "senha", "Orbit0014x"},
      {"Het wachtwoord is Orbit0014x", "wachtwoord", "Orbit0014x"},
      {"hasło to Orbit0014x", "hasło", "Orbit0014x"},
      {"lösenordet är Orbit0014x", "lösenord", "Orbit0014x"},
      {"Пароль от почты: Orbit0014x", "ароль", "Orbit0014x"},
      {"パスワードはOrbit0014xです", "パスワード", "Orbit0014x"},
      {"密码是Orbit0014x，谢谢", "密码", "Orbit0014x"},
      {"비밀번호는 Orbit0014x 입니다", "비밀번호", "Orbit0014x"},
      {"password = \"Orbit0014x\"", "password", "Orbit0014x"},
      {"DB_PASSWORD=Orbit0014x", "password", "Orbit0014x"},
      {"DB_PASSWORD='Orbit0014x' app", "password", "Orbit0014x"},
      {"{\"user\": \"kev\", \"password\": \"Orbit0014x\"}", "password", "Orbit0014x"},
      {"'password' => 'Orbit0014x',", "password", "Orbit0014x"},
      {"define('DB_PASSWORD', 'Orbit0014x');", "password", "Orbit0014x"},
      {"const password: string = \"Orbit0014x\";", "password", "Orbit0014x"},
      {"password := \"Orbit0014x\"", "password", "Orbit0014x"},
      {"Server=db;Uid=app;Pwd=Orbit0014x;", "pwd", "Orbit0014x"},
      {"jdbc:mysql://db/x?user=app&password=Orbit0014x&ssl=true", "password", "Orbit0014x"},
      {"<password>Orbit0014x</password>", "password", "Orbit0014x"},
      {"<add key=\"Password\" value=\"Orbit0014x\"/>", "password", "Orbit0014x"},
      {"<property name=\"connection.password\">Orbit0014x</property>", "password", "Orbit0014x"},
      {"<input type=\"password\" name=\"pw\" value=\"Orbit0014x\">", "password", "Orbit0014x"},
      {"--password Orbit0014x", "password", "Orbit0014x"},
      {"--db-password=Orbit0014x", "password", "Orbit0014x"},
      {"cmdkey /add:s /pass:Orbit0014x", "pass", "Orbit0014x"},
      {"openssl enc -pass pass:Orbit0014x -in a", "pass", "Orbit0014x"},
      {"machine a.example login kev password Orbit0014x", "password", "Orbit0014x"},
      {"machine a.example\n  login kev\n  password 550e8400-e29b-41d4-a716-446655440000\n",
       "password", "550e8400-e29b-41d4-a716-446655440000"},
      {"db.example.com:5432:crm:app:Orbit0014x", ":5432:", "Orbit0014x"},
      {"CREATE USER 'a'@'%' IDENTIFIED BY 'Orbit0014x';", "identified by", "Orbit0014x"},
      {"ALTER ROLE a WITH PASSWORD 'Orbit0014x'", "password", "Orbit0014x"},
      {"SET PASSWORD FOR 'a'@'b' = PASSWORD('Orbit0014x');", "password", "Orbit0014x"},
      {"credentials: admin / Orbit0014x", "credentials", "Orbit0014x"},
      {"ftp login admin:Orbit0014x", "login", "Orbit0014x"},
  };
  for (const Case& c : cases) EXPECT_EQ(kProbe.find(c.text, c.cue), c.value) << c.text;
}

// Where nothing else can stand a plain word will do; in prose it will not.
TEST(Password, APlainWordCountsOnlyWhereNothingElseCanStand) {
  EXPECT_EQ(kProbe.find("password = \"sunshine\"", "password"), "sunshine");
  EXPECT_EQ(kProbe.find("Pwd=letmein;Uid=a", "pwd"), "letmein");
  EXPECT_EQ(kProbe.find("<password>dragon</password>", "password"), "dragon");
  EXPECT_EQ(kProbe.find("--password sunshine", "password"), "sunshine");
  EXPECT_EQ(kProbe.find("the password is sunshine", "password"), std::nullopt);
  EXPECT_EQ(kProbe.find("password = sunshine", "password"), std::nullopt);
}

TEST(Password, TalkAndCodeHoldNone) {
  const std::vector<std::string> texts = {
      "Your password must be at least 8 characters long and contain a number.",
      "The password is required.",
      "password is optional",
      "The password is stored as a SHA-256 hash.",
      "The password is hashed with bcrypt (cost 12).",
      "the password is base64-encoded",
      "The password is case-sensitive.",
      "Password must contain at least 1 uppercase, 1 lowercase and 2 special characters",
      "Enter your password to continue.",
      "Please reset your password within 24 hours.",
      "Password: required, min 8 chars",
      "password: string",
      "password: String",
      "password: str",
      "password: Optional[str] = None",
      "password: z.string().min(8)",
      "password: yup.string().required()",
      "password: { type: String, required: true }",
      "password = models.CharField(max_length=128)",
      "password = input(\"Enter password: \")",
      "password = getpass.getpass(\"Password: \")",
      "password = os.environ[\"DB_PASSWORD\"]",
      "password = os.environ.get('DB_PASSWORD', '')",
      "password = config['database']['password']",
      "password = request.form['password']",
      "password = self.password",
      "password = user.password",
      "password = req.body.password;",
      "password: process.env.DB_PASSWORD,",
      "password: ${DB_PASSWORD}",
      "password: \"{{ vault_db_password }}\"",
      "password: <your password>",
      "password: <PASSWORD>",
      "password: [REDACTED]",
      "Password: ********",
      "Password: hidden",
      "PASSWORD=",
      "PASSWORD=\"\"",
      "PASSWORD=changeme",
      "DB_PASSWORD=your_password_here",
      "DB_PASSWORD=$(cat /run/secrets/db)",
      "export PASSWORD=$1",
      "const password = generatePassword(16);",
      "const hashed = await bcrypt.hash(password, 10);",
      "if (password !== confirmPassword) {",
      "if password == \"\":",
      "if len(password) < 8:",
      "const { username, password } = req.body;",
      "def login(username: str, password: str) -> bool:",
      "function login(username, password) {",
      "public void setPassword(String password) { this.password = password; }",
      "SELECT id, username, password FROM users WHERE username = ?",
      "INSERT INTO users (username, password) VALUES (?, ?)",
      "CREATE TABLE users (id INT, password VARCHAR(255) NOT NULL)",
      "password VARCHAR(64)",
      "ALTER TABLE users ADD COLUMN password_hash TEXT",
      "<input type=\"password\" name=\"password\" id=\"password\" placeholder=\"Password\" "
      "required>",
      "<label for=\"password\">Password</label>",
      "<input type=\"password\" v-model=\"form.password\" />",
      "\"password\": \"string\"",
      "\"password\": \"\",",
      "\"password\": null",
      "\"password\": \"Password\",",
      "\"password\": \"Mot de passe\",",
      "\"password\": \"Your password\"",
      "'password' => 'required|min:8|confirmed'",
      "'password' => Hash::make($request->password)",
      "--password string   Password for the registry",
      "-p, --password      the password to use",
      "--password-stdin",
      "--password <password>",
      "curl -u $USER:$PASS https://example.com",
      "curl -u username:password https://example.com",
      "sshpass -e ssh host",
      "docker login -u user --password-stdin",
      "kubectl create secret generic db --from-literal=password=$PW",
      "secretKeyRef: { name: db-secret, key: password }",
      "pass the salt",
      "pass: 12, fail: 3",
      "Tests passed: 120",
      "pass --verbose to see more",
      "The tests pass on Python3.11",
      "Das Passwort muss mindestens 8 Zeichen lang sein",
      "Das Passwort ist falsch",
      "Passwort vergessen?",
      "Passwort: erforderlich",
      "Le mot de passe est requis",
      "mot de passe oublié ?",
      "La password è obbligatoria",
      "password manager such as 1Password or KeePass2",
      "We use Argon2id for password hashing",
      "password hashing in PHP8.2",
      "Password reset link sent to john@example.com",
      "password expires in 90 days",
      "Your password was changed on 2024-05-12",
      "password policy: rotate every 90 days",
      "The password for the account is set in settings.py",
      "The password field is called userPassword2",
      "Password strength: 75%",
      "password length = 12",
      "Generate a random password of length 16 using Python3",
      "password123 is a weak password",
      "Use strong passwords like the ones generated by a manager",
      "What is the most common password in 2023?",
      "How do I hash a password in Node.js v18?",
      "Set the password via the POSTGRES_PASSWORD environment variable",
      "username and password are both required",
      "username/password authentication",
      "passphrase: optional",
      "recovery passphrase of 12 words",
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(kProbe.find(text, "password"), std::nullopt) << text;
    EXPECT_EQ(kProbe.find(text, "passwort"), std::nullopt) << text;
    EXPECT_EQ(kProbe.find(text, "pass"), std::nullopt) << text;
  }
}

TEST(Password, TheSecondArgumentOfALogin) {
  EXPECT_EQ(kProbe.find("auth=(\"kev\", \"Orbit0014x\")", "auth=("), "Orbit0014x");
  EXPECT_EQ(kProbe.find("s.login(user, 'Orbit0014x')", ".login("), "Orbit0014x");
  EXPECT_EQ(kProbe.find("s.login(user, password)", ".login("), std::nullopt);
}

TEST(Password, ElementsThatBelongToAName) {
  EXPECT_EQ(kProbe.find("<name>db.password</name>\n<value>Orbit0014x</value>", "password"),
            "Orbit0014x");
  EXPECT_EQ(kProbe.find("<key>Password</key><string>Orbit0014x</string>", "password"),
            "Orbit0014x");
  EXPECT_EQ(kProbe.find("the password (Orbit0014x) works", "password"), "Orbit0014x");
  EXPECT_EQ(kProbe.find("enable password 7 Orbit0014x", "password"), "Orbit0014x");
}

TEST(Password, SecondWordsOfTheFormDoNotHideIt) {
  EXPECT_EQ(kProbe.find("Authorization: Basic YWRtaW46T3JiaXQwMDE0eA==", "basic "),
            "YWRtaW46T3JiaXQwMDE0eA==");
  EXPECT_EQ(kProbe.find("basic authentication", "basic "), std::nullopt);
}

// Pieces of every form in random order: whatever the recogniser says about a beginning of the text
// it says about all of it.
TEST(Password, RandomTextsAreReadTheSameWhereverTheyEnd) {
  const std::vector<std::string> pieces = {
      "password", " ",   " is ", ": ", "=",  "\"",     "'",    "Orbit0014x", "for the VPN",
      "\n",       "to",  "-p",   "<",  ">",  "/",      ",",    ";",          "$",
      "{",        "(",   ")",    "\\", "é",  "user",   "pass", "是",         "curl",
      "--",       " -u", "a:b9", "|",  "**", "value=", "'s ",  ".",          "login"};
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (int i = 0; i < 24; ++i) text += pieces[random() % pieces.size()];
    for (const char* cue : {"password", "pass", "curl", "login"}) (void)kProbe.find(text, cue);
  }
}

// Longer than the look-ahead: it decides there.
TEST(Password, LongTextsAreDecidedWithinTheLookAhead) {
  for (const std::string& text :
       {"password = \"" + std::string(700, 'a') + "\"", "password: " + std::string(700, 'x'),
        "password for " + std::string(700, 'b'), "curl " + std::string(700, 'c') + " -u a:b",
        "password" + std::string(700, ' ') + "= x"})
    for (const char* cue : {"password", "curl"}) (void)kProbe.find(text, cue);
}

}  // namespace
}  // namespace sallyport::scan
