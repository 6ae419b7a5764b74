#include "controlplane/policy/bundle/keys_file.h"

#include <sys/stat.h>

#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::HasSubstr;
using Result = KeysFile::Result;

class KeysFileEditing : public testing::Test {
 protected:
  static GatewayKey key(const std::string& id, uint8_t byte, const std::string& reason = {}) {
    GatewayKey out;
    out.id = id;
    out.hmac.fill(byte);
    out.tenant = "acme";
    out.principal = "kim@example.org";
    out.environment = "lab";
    out.default_reason = reason;
    return out;
  }
  std::string text() const { return text_of(folder_.path() / "keys.yaml"); }
  std::vector<std::string> ids() {
    std::vector<GatewayKey> keys;
    EXPECT_TRUE(file_.list(keys)) << file_.error();
    std::vector<std::string> out;
    for (const GatewayKey& k : keys) out.push_back(k.id);
    return out;
  }
  TemporaryFolder folder_;
  KeysFile file_{folder_.path()};
};

TEST_F(KeysFileEditing, ANewFileIsMadeForTheOwnerAlone) {
  EXPECT_THAT(ids(), testing::IsEmpty());
  EXPECT_EQ(file_.add(key("desk", 1, "support")), Result::Done) << file_.error();
  EXPECT_THAT(
      text(),
      HasSubstr("keys:\n"
                "  desk:\n"
                "    hmac: \"0101010101010101010101010101010101010101010101010101010101010101\"\n"
                "    tenant: \"acme\"\n"
                "    principal: \"kim@example.org\"\n"
                "    environment: \"lab\"\n"
                "    default_reason: \"support\"\n"));
  struct stat status {};
  ASSERT_EQ(::stat(file_.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  std::vector<GatewayKey> keys;
  ASSERT_TRUE(file_.list(keys));
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].hmac, key("desk", 1).hmac);
  EXPECT_EQ(keys[0].default_reason, "support");
}

TEST_F(KeysFileEditing, TheRestOfTheTextStays) {
  const std::string before =
      "# ours\n"
      "keys:   # all of them\n"
      "\n"
      "    # the desk\n"
      "    desk: {hmac: " +
      std::string(64, '1') +
      ",\n"
      "           tenant: acme, principal: kim, environment: lab}\n"
      "    # the batch\n"
      "    batch:\n"
      "        hmac: " +
      std::string(64, 'b') +
      "\n"
      "        tenant: acme   # for now\n"
      "        principal: batch\n"
      "\n"
      "        environment: lab\n"
      "\n"
      "# the end\n";
  folder_.write("keys.yaml", before);
  ASSERT_EQ(file_.add(key("third", 3)), Result::Done) << file_.error();
  std::string expected = before;
  const std::string entry =
      "    third:\n"
      "      hmac: \"" +
      digest_hex(key("", 3).hmac) +
      "\"\n"
      "      tenant: \"acme\"\n"
      "      principal: \"kim@example.org\"\n"
      "      environment: \"lab\"\n";
  expected.insert(expected.find("\n# the end"), entry);
  EXPECT_EQ(text(), expected);
  ASSERT_EQ(file_.remove("third"), Result::Done);
  EXPECT_EQ(text(), before);
  ASSERT_EQ(file_.remove("desk"), Result::Done) << file_.error();
  EXPECT_THAT(text(), testing::Not(HasSubstr("desk")));
  EXPECT_THAT(text(), HasSubstr("# the batch"));
  EXPECT_THAT(ids(), testing::ElementsAre("batch"));
  ASSERT_EQ(file_.remove("batch"), Result::Done) << file_.error();
  EXPECT_THAT(ids(), testing::IsEmpty());
  EXPECT_THAT(text(), HasSubstr("# ours"));
  EXPECT_THAT(text(), HasSubstr("# the end"));
  ASSERT_EQ(file_.add(key("again", 4)), Result::Done) << file_.error();
  EXPECT_THAT(ids(), testing::ElementsAre("again"));
}

TEST_F(KeysFileEditing, EmptyFormsTakeAnEntry) {
  for (const char* text :
       {"keys: {}\n", "keys: {}   # none yet\n", "keys:\n", "keys:", "keys: {  }"}) {
    folder_.write("keys.yaml", text);
    EXPECT_EQ(file_.add(key("a", 1)), Result::Done) << text << file_.error();
    EXPECT_THAT(ids(), testing::ElementsAre("a")) << text;
    EXPECT_EQ(file_.add(key("b", 2)), Result::Done);
    EXPECT_EQ(file_.remove("a"), Result::Done);
    EXPECT_THAT(ids(), testing::ElementsAre("b")) << text;
  }
}

TEST_F(KeysFileEditing, SameIdOrSameKeyIsRefused) {
  ASSERT_EQ(file_.add(key("a", 1)), Result::Done);
  EXPECT_EQ(file_.add(key("a", 2)), Result::Exists);
  EXPECT_EQ(file_.add(key("b", 1)), Result::Exists);
  EXPECT_EQ(file_.remove("b"), Result::NotFound);
  EXPECT_THAT(ids(), testing::ElementsAre("a"));
}

TEST_F(KeysFileEditing, AFileThatCannotBeEditedIsLeftAlone) {
  const std::string entry =
      "{hmac: " + std::string(64, '1') + ", tenant: a, principal: p, environment: e}";
  for (const std::string& broken :
       {std::string("keys: [\n"), std::string("key: {}\n"), std::string("keys: {}\nkeys: {}\n"),
        std::string("keys: {x: " + entry + "}\n"), std::string("{keys: {x: " + entry + "}}\n"),
        std::string("keys:\n  a: {hmac: 1}\n")}) {
    folder_.write("keys.yaml", broken);
    EXPECT_EQ(file_.add(key("new", 9)), Result::Unreadable) << broken;
    EXPECT_THAT(file_.error(), HasSubstr("keys.yaml"));
    EXPECT_EQ(text(), broken);
  }
}

TEST_F(KeysFileEditing, AFolderThatIsNotThereIsSaid) {
  KeysFile nowhere(folder_.path() / "nowhere");
  EXPECT_EQ(nowhere.add(key("a", 1)), Result::NotWritten);
  EXPECT_THAT(nowhere.error(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace sallyport::controlplane::policy
