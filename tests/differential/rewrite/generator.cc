#include "tests/differential/rewrite/generator.h"

#include <algorithm>
#include <cstdlib>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::json;

// Built from parts, so that no live-looking secret stands in the source.
std::string aws_key() { return "AKI" + std::string("A") + "Q7ZK3M9QWERT1XC5"; }
std::string vendor_key() {
  return "sk-" + std::string("ant-") + "api03-Zk3M9QweRT1xC5bnHJ42qPl_x-9";
}
std::string key_block(const std::string& line_end) {
  const std::string dashes = "-----";
  return dashes + "BEGIN " + "PRIVATE KEY" + dashes + line_end + std::string(60, 'M') + "+/w" +
         line_end + "abc==" + line_end + dashes + "END " + "PRIVATE KEY" + dashes;
}

const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all = [] {
    World& world = World::get();
    std::vector<std::string> out = {
        "john.doe@example.org",
        "A@b.co",
        "x@",
        "@",
        "example.org",
        ".",
        ",",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111",
        "1111",
        "378282246310005",
        "536-90-4399",
        "536904399",
        "ssn ",
        "SSN: ",
        "social security ",
        "(415) 555-2671",
        "+1 415-555-2671",
        "+49 171 1234567",
        "+",
        "(",
        ")",
        "-",
        "/",
        "415.555.2671",
        "call ",
        "phone=",
        "020 7946 0958",
        "01.41.27.23.47",
        "https://kev:Orbit0014x@files.example.org/a?b",
        "https://",
        "://",
        "mailto:",
        "www.",
        "](",
        "[x](",
        ")",
        "![",
        "]: ",
        "<a href=\"",
        "\">",
        "<",
        ">",
        "\"",
        "'",
        "`",
        "\\",
        "\\n",
        "\\u003c",
        "{\"",
        "\":\"",
        "\"}",
        "{",
        "}",
        "[",
        "]",
        ":",
        "null",
        "true",
        "12",
        "0",
        "7",
        "é",
        "日本",
        "😀",
        "\xe2\x80\xa8",
        "\xc2\xa0",
        "-----",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "BEGIN",
        "word",
        "the",
        "abcdefghijklmnopqrstuvwxyz",
        "EMAIL-ADDRESS-",
        "[EMAIL-ADDRESS-",
        "[LITERAL-",
        "\\[",
        "\\]",
        "*",
        "_",
        "\x01",
        "\x1f",
        aws_key(),
        aws_key().substr(0, 12),
        vendor_key(),
        key_block("\n"),
        key_block("\\n"),
        key_block("\r\n  "),
        std::string(200, 'Q'),
        std::string(30, '5'),
        "99999-0000 ",
        world.token(World::Email, "john.doe@example.org"),
        world.token(World::Card, "4111111111111111"),
        world.token(World::Phone, "+14155552671"),
        world.token(redact::TokenLabels::kLiteral, "[EMAIL-ADDRESS-X]")};
    std::string lower = world.token(World::Ssn, "536904399");
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out.push_back(lower);
    out.push_back(lower.substr(1, 20));
    std::string fake = world.token(World::Email, "a@b.co");
    fake[fake.size() - 3] = fake[fake.size() - 3] == 'A' ? 'B' : 'A';
    out.push_back(fake);
    return out;
  }();
  return all;
}

}  // namespace

uint32_t rounds(uint32_t full) {
#if defined(__SANITIZE_ADDRESS__) || !defined(NDEBUG)
  full = std::max(1U, full / 10);
#endif
  const char* percent = std::getenv("SALLYPORT_ROUNDS_PERCENT");
  if (percent == nullptr) return full;
  return std::max(1U, full * static_cast<uint32_t>(std::strtoul(percent, nullptr, 10)) / 100);
}

std::string Generator::text(uint32_t count) {
  std::string out;
  const auto& all = pieces();
  for (uint32_t i = 0; i < count; ++i) {
    out += all[below(static_cast<uint32_t>(all.size()))];
    if (below(3) == 0) out += ' ';
    // Now and then a row that is judged in halves.
    if (below(400) == 0) out.append(3'000 + below(3'000), "abc@./x-"[below(8)]);
    if (below(300) == 0)
      for (uint32_t n = 20 + below(80); n > 0; --n)
        out += std::to_string(below(10'000)) + "- ."[below(3)];
  }
  return out;
}

std::string Generator::plain_text(uint32_t count) {
  static const std::vector<std::string> kWords = {"the", "of", "word", "日本", "is",
                                                  "and", "x1", "日本", "id"};
  static const std::string kJoints = " ,;:.!?-/'()\n+#$%=&_*|";
  std::string out;
  for (uint32_t i = 0; i < count; ++i) {
    std::string value;
    switch (below(8)) {
      case 0:
        value = "ab.c@mail" + std::to_string(below(20)) + (below(2) == 0 ? ".example.com" : ".co");
        break;
      case 1: {
        const char* separators[] = {" ", "-", ".", "", "--"};
        const std::string s = separators[below(5)];
        value = "4111" + s + "1111" + s + "1111" + s + (below(3) == 0 ? "1112" : "1111");
        break;
      }
      case 2:
        value = std::to_string(100 + below(900)) + "-"[0] + std::to_string(10 + below(90)) +
                "-. "[below(3)] + std::to_string(1'000 + below(9'000));
        break;
      case 3:
        value = std::to_string(100 + below(800)) + "-. "[below(3)] +
                std::to_string(100 + below(900)) + "-. "[below(3)] +
                std::to_string(1'000 + below(9'000));
        break;
      case 4:
        value = "(" + std::to_string(100 + below(900)) + ")" + (below(2) == 0 ? " " : "") +
                std::to_string(100 + below(900)) + "-" + std::to_string(1'000 + below(9'000));
        break;
      case 5:
        value = "+" + std::to_string(1 + below(99)) + " " + std::to_string(below(1'000)) + " "[0] +
                std::to_string(below(100'000)) + (below(2) == 0 ? "-" : " ") +
                std::to_string(below(10'000));
        break;
      case 6:
        for (uint32_t n = 1 + below(5); n > 0; --n)
          value += std::to_string(below(100'000)) + " -./"[below(4)];
        break;
      default:
        break;
    }
    if (below(3) == 0) out += kJoints[below(static_cast<uint32_t>(kJoints.size()))];
    out += value;
    if (below(2) == 0) out += kJoints[below(static_cast<uint32_t>(kJoints.size()))];
    if (below(4) > 0) out += " " + kWords[below(static_cast<uint32_t>(kWords.size()))];
    if (below(4) > 0) out += ' ';
  }
  return out;
}

Json Generator::tree(uint32_t depth) {
  switch (depth == 0 ? 4 + below(4) : below(8)) {
    case 0:
    case 1: {
      Json out = Json::object();
      for (uint32_t n = below(4); n > 0; --n) {
        static const char* kNames[] = {"ssn", "phone", "id", "note", "a@b.co", "é\"x"};
        out[kNames[below(6)]] = tree(depth - 1);
      }
      return out;
    }
    case 2: {
      Json out = Json::array();
      for (uint32_t n = below(4); n > 0; --n) out.push_back(tree(depth - 1));
      return out;
    }
    case 3:
      return tree(depth - 1).dump();
    case 4:
      return below(2) == 0 ? Json(4111111111111111U) : Json(536904399U + below(3));
    case 5:
      return below(2) == 0 ? Json(nullptr) : Json(below(2) == 0);
    default:
      return text(1 + below(8));
  }
}

// What a model writes for arguments: JSON, and at times not quite.
std::string Generator::arguments() {
  std::string out = serialise(tree(3));
  if (below(4) == 0) out = out.substr(0, below(static_cast<uint32_t>(out.size()) + 1));
  if (below(8) == 0) out = text(4);
  if (below(8) == 0) out += text(2);
  return out;
}

Json Generator::request_body() {
  Json out = {{"model", "m"}, {"messages", Json::array()}, {"stream", below(2) == 0}};
  for (uint32_t n = 1 + below(3); n > 0; --n) {
    Json message = {{"role", "user"}, {"content", text(2 + below(12))}};
    if (below(3) == 0)
      message = {{"role", "assistant"},
                 {"content", nullptr},
                 {"tool_calls",
                  {{{"id", "c1"},
                    {"type", "function"},
                    {"function", {{"name", "f"}, {"arguments", arguments()}}}}}}};
    if (below(4) == 0) message["content"] = {{{"type", "text"}, {"text", text(6)}}};
    out["messages"].push_back(message);
  }
  if (below(3) == 0)
    out["tools"] = {
        {{"type", "function"},
         {"function", {{"name", "f"}, {"description", text(3)}, {"parameters", tree(3)}}}}};
  if (below(4) == 0) out["something_new"] = tree(2);
  return out;
}

Json Generator::answer_body() {
  Json message = {{"role", "assistant"}, {"content", text(2 + below(12))}};
  if (below(2) == 0)
    message["tool_calls"] = {{{"id", "c1"},
                              {"type", "function"},
                              {"function", {{"name", "f"}, {"arguments", arguments()}}}}};
  Json choice = {{"index", 0}, {"message", message}, {"finish_reason", "stop"}};
  if (below(3) == 0) choice["logprobs"] = {{"content", {{{"token", text(1)}}}}};
  return {{"id", "x"}, {"object", "chat.completion"}, {"model", "m"}, {"choices", {choice}}};
}

void Generator::space(std::string& out) {
  static const char* kSpaces[] = {"", "", "", " ", "\n  ", "\t"};
  out += kSpaces[below(6)];
}

void Generator::write_string(const std::string& text, std::string& out) {
  // dump() escapes what must be; some of the rest is escaped here, in either way.
  const bool ascii = below(3) == 0;
  std::string plain = Json(text).dump(-1, ' ', ascii, Json::error_handler_t::replace);
  const bool escape_more = below(3) == 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    if (c == '\\') {
      const size_t size = plain[i + 1] == 'u' ? 6 : 2;
      out += plain.substr(i, size);
      i += size - 1;
    } else if (escape_more && c == '/' && below(2) == 0) {
      out += "\\/";
    } else if (escape_more && c > 0x20 && c < 0x7f && c != '"' && below(6) == 0) {
      static const char kHex[] = "0123456789aBcDeF";
      out += std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
    } else {
      out += c;
    }
  }
}

std::string Generator::serialise(const Json& json) {
  std::string out;
  space(out);
  if (json.is_string()) {
    write_string(json.get<std::string>(), out);
  } else if (json.is_object() || json.is_array()) {
    out += json.is_object() ? '{' : '[';
    bool first = true;
    for (auto it = json.begin(); it != json.end(); ++it) {
      if (!first) out += ',';
      first = false;
      if (json.is_object()) {
        space(out);
        write_string(it.key(), out);
        space(out);
        out += ':';
      }
      out += serialise(*it);
    }
    out += json.is_object() ? '}' : ']';
  } else {
    out += json.dump();
  }
  space(out);
  return out;
}

std::vector<size_t> Generator::cuts(size_t size, uint32_t count) {
  std::vector<size_t> out;
  for (uint32_t i = 0; i < count; ++i) out.push_back(below(static_cast<uint32_t>(size) + 1));
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace sallyport::rewrite
