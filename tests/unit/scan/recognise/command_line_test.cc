#include "dataplane/scan/recognise/secret/command_line.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/scan/recognise/secret/password.h"
#include "tests/unit/scan/recognise/recogniser_probe.h"

namespace sallyport::scan {
namespace {

struct Case {
  std::string text, cue, value;
};

const RecogniserProbe kProbe(password_after_cue);

TEST(CommandLine, ThePasswordAmongTheArguments) {
  const std::vector<Case> cases = {
      {"sshpass -p Orbit0014x ssh a@b", "sshpass", "Orbit0014x"},
      {"sshpass -p 'Orbit0014x' scp a b:", "sshpass", "Orbit0014x"},
      {"mysql -u root -pOrbit0014x shop", "mysql", "Orbit0014x"},
      {"curl -sS -u admin:Orbit0014x https://a.example", "curl", "Orbit0014x"},
      {"curl -X POST \\\n  --user \"admin:Orbit0014x\" https://a.example", "curl", "Orbit0014x"},
      {"net use \\\\srv\\share Orbit0014x /user:corp\\kev", "net use", "Orbit0014x"},
      {"net user kev Orbit0014x /add", "net user", "Orbit0014x"},
      {"unzip -P Orbit0014x a.zip", "unzip", "Orbit0014x"},
      {"redis-cli -h cache -a Orbit0014x ping", "redis-cli", "Orbit0014x"},
      {"docker login -u kev -p Orbit0014x r.example", "docker login", "Orbit0014x"},
      {"sqlplus kev/Orbit0014x@orcl", "sqlplus", "Orbit0014x"},
      {"smbclient //s/share -U kev%Orbit0014x", "smbclient", "Orbit0014x"},
      {"ldapsearch -x -D cn=a -w Orbit0014x -b dc=x", "ldapsearch", "Orbit0014x"},
      {"htpasswd -b .htpasswd kev Orbit0014x", "htpasswd -b", "Orbit0014x"},
      {"keytool -storepass Orbit0014x -alias x", "storepass", "Orbit0014x"},
      {"7z a -pOrbit0014x b.7z", "7z a", "Orbit0014x"},
      {"SSHPASS=Orbit0014x sshpass -e ssh a", "sshpass", "Orbit0014x"},
      {"ssh-keygen -t rsa -N 'Orbit0014x' -f a", "ssh-keygen", "Orbit0014x"},
      {"openssl enc -aes-256-cbc -k Orbit0014x -in a", "openssl enc", "Orbit0014x"},
      {"schtasks /create /ru a /rp Orbit0014x /tn x", "schtasks", "Orbit0014x"},
      {"cqlsh -u a -p Orbit0014x", "cqlsh", "Orbit0014x"},
      {"echo Orbit0014x | gh auth login --with-token", "echo", "Orbit0014x"},
  };
  for (const Case& c : cases) EXPECT_EQ(kProbe.find(c.text, c.cue), c.value) << c.text;
}

TEST(CommandLine, WhatIsPipedIntoACommandThatReadsIt) {
  const std::string word = "Orbit0014x";
  for (const std::string& text :
       {"echo " + word + " | sudo -S ls", "echo '" + word + "' | passwd --stdin kev",
        "echo -n \"" + word + "\" | docker login -u kev --password-stdin",
        "echo \"kev:" + word + "\" | sudo chpasswd"})
    EXPECT_EQ(kProbe.find(text, "echo "), word) << text;
  EXPECT_EQ(kProbe.find("echo " + word + " | sort", "echo "), std::nullopt);
  EXPECT_EQ(kProbe.find("echo " + word, "echo "), std::nullopt);
}

TEST(CommandLine, AskedForVariablesAndOtherOptionsAreNone) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"mysql -u root -p shop", "mysql"},
      {"mysql -u root -p", "mysql"},
      {"sshpass -p $PASS ssh a@b", "sshpass"},
      {"sshpass -e ssh a", "sshpass"},
      {"curl -u $USER:$PW https://a", "curl"},
      {"curl -u username:password a", "curl"},
      {"curl https://a.example -o Orbit0014x", "curl"},
      {"docker run -p 8080:80 nginx", "docker login"},
      {"net use of funds", "net use"},
      {"unzip a.zip", "unzip"},
      {"mysqlx -pOrbit0014x", "mysql"},
      {"curl a; b -u admin:Orbit0014x", "curl"}};
  for (const auto& [text, cue] : cases) EXPECT_EQ(kProbe.find(text, cue), std::nullopt) << text;
}

TEST(CommandLine, NamesAreKnownInAnyCase) {
  const std::string cue = "sshpass", none = "sshpas";
  EXPECT_TRUE(is_command_cue(base::bytes_of(cue)));
  EXPECT_FALSE(is_command_cue(base::bytes_of(none)));
}

}  // namespace
}  // namespace sallyport::scan
