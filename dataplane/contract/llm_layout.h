// llm_layout.h: the llm section of a policy image: where text lives in each vendor's messages.
//
// The control plane writes it (controlplane/policy/api_kind/api_kind_compiler.h), the dataplane
// validates it once (llm/api_tables.h) and then walks it without copying. Little endian, every
// offset from the first byte of the section, every table 8-byte aligned. A shape is a graph of
// nodes, not a tree, because message blocks nest in themselves; a walker of JSON text follows one
// edge per key and one per array. Enumerators are persisted: numbers never change, new ones go to
// the end and raise the version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/contract/coverage.h"

namespace sallyport::contract {

inline constexpr uint32_t kLlmSectionMagic = 0x4d4c5053;  // "SPLM"
inline constexpr uint32_t kLlmSectionVersion = 3;
inline constexpr uint32_t kLlmNone = 0xffff'ffff;  // "no such index"
inline constexpr uint16_t kLlmNoRule = 0xffff;
inline constexpr uint8_t kLlmNoChannel = 0xff;

// What may be done with the value at a path. The letters are those of docs/features.md and of the
// YAML.
enum class TextClass : uint8_t {
  T = 0,  // plain text: scan, may rewrite
  J = 1,  // a string that holds JSON: parse inside, rewrite its string leaves, escape again
  L = 2,  // a JSON tree of any shape: every string leaf is text; keys are scanned, not rewritten
  B = 3,  // base64 or raw binary: opaque
  U = 4,  // URL or remote reference
  R = 5,  // reference to state at the vendor
  O = 6,  // signed or encrypted: never rewritten
  I = 7,  // identifier: scanned; rewriting may break the API
  N = 8,  // numeric offset into a text
  S = 9,  // credential
  Unknown = 10,    // no rule names this path: the policy default decides (inspect every string)
  Structural = 11  // part of the vendor's grammar: role names, types, numbers, flags
};
inline constexpr uint8_t kTextClassCount = 12;

// What the gateway itself reads from a scalar.
enum class LeafRole : uint8_t {
  None = 0,
  Model = 1,         // name of the model
  Stream = 2,        // true: the answer is a stream of events
  OuterIndex = 3,    // number of the choice or content block this part of an event belongs to
  InnerIndex = 4,    // number of the part or tool call inside it; a string counts by its hash
  FinishReason = 5,  // why a choice ended
  EventType = 6,     // type of a stream event
  StoreFlag = 7,     // vendor is asked to keep the message
  InputTokens = 8,
  OutputTokens = 9,
  ErrorMessage = 10,
  OffsetPart = 11,   // number beside offsets: which of the texts of that name they count in
  OffsetItem = 12,   // one member that every numbered item (a document) has exactly once
  MessageRole = 13,  // whose words the texts of this object are
  MediaType = 14,    // of the MediaData beside it
  MediaData = 15,    // what it is says the MediaType of its object
  ApiUrl = 16        // of an answer: where the client goes next, at the vendor's own API
};
inline constexpr uint8_t kLeafRoleCount = 17;

// Whose words a text is, as far as the tables and the message tell (contract::Role + 1).
enum class Speaker : uint8_t {
  Unsaid = 0,  // neither says so: the direction of the message decides
  User = 1,
  System = 2,
  Assistant = 3,
  Tool = 4,
  Undecided = 5  // the object has a member that will say so, and it has not come yet
};

// What an offset into a text counts. Vendors never say it in the message.
enum class OffsetUnit : uint8_t { CodePoints = 0, Utf16 = 1, Bytes = 2 };
inline constexpr uint8_t kOffsetUnitCount = 3;

// LlmRule::offset_form: unit, edge, how many array indexes the number shares with its text.
inline constexpr uint8_t kOffsetUnitMask = 0x03;
inline constexpr uint8_t kOffsetIsEnd = 0x04;  // inside a replaced range it becomes the range's end
inline constexpr uint8_t kOffsetShareShift = 3;
inline constexpr uint8_t kOffsetShareMask = 0x07;
inline constexpr uint8_t kOffsetShareMax = 6;
inline constexpr uint8_t kOffsetShareAll = 7;        // all indexes that the text has
inline constexpr uint8_t kOffsetFromRequest = 0x40;  // counts in a text of the request
inline constexpr uint8_t kOffsetFormKnown = 0x7f;

// What must happen to a whole value when text next to it was rewritten.
enum class MarkKind : uint8_t {
  None = 0,
  Strip = 1,  // holds the text in another form (logprobs): becomes null when the text was rewritten
  Obfuscation = 2  // random padding that hides sizes: made anew when the text was rewritten
};
inline constexpr uint8_t kMarkKindCount = 3;

// Which channels an event closes: of one choice or block, all, or those of one part of a block.
// Item closes nothing: a string of this value at a rule of LeafRole::OffsetItem counts one item.
enum class CloseScope : uint8_t { Outer = 0, All = 1, Inner = 2, Item = 3 };
inline constexpr uint8_t kCloseScopeCount = 4;

enum class ShapeKind : uint8_t { Request = 0, Response = 1, StreamEvent = 2 };
inline constexpr uint8_t kShapeKindCount = 3;

// How the bytes of a body (request, response) are framed; a shape's `formats` has the bit 1 <<
// format.
enum class BodyFormat : uint8_t {
  Json = 0,       // one JSON text
  Multipart = 1,  // multipart/form-data: the name of a part is a path of the shape
  JsonLines = 2,  // one JSON text per line, each of this shape
  Text = 3,       // one plain text
  Opaque = 4      // anything: counted, not read
};
inline constexpr uint8_t kBodyFormatCount = 5;

// The same for a stream.
enum class StreamFormat : uint8_t {
  Sse = 0,          // server-sent events (WHATWG HTML 9.2)
  JsonArray = 1,    // one JSON array whose elements are the events
  JsonLines = 2,    // one event per line
  EventStream = 3,  // application/vnd.amazon.eventstream: binary frames with CRCs
  AwsChunks = 4     // the same frames, each with one event of another vendor in base64
};
inline constexpr uint8_t kStreamFormatCount = 5;

constexpr uint32_t format_bit(BodyFormat format) noexcept {
  return 1U << static_cast<uint32_t>(format);
}
constexpr uint32_t format_bit(StreamFormat format) noexcept {
  return 1U << static_cast<uint32_t>(format);
}

struct LlmText {  // bytes in the string area, not terminated
  uint32_t offset;
  uint32_t size;
};

struct LlmTable {
  uint32_t offset;  // of the first entry
  uint32_t count;
};

struct LlmHeader {
  uint32_t magic;
  uint32_t version;
  uint32_t section_bytes;
  uint32_t reserved;
  LlmTable kinds;
  LlmTable shapes;
  LlmTable nodes;
  LlmTable edges;
  LlmTable variants;
  LlmTable rules;
  LlmTable closes;
  LlmTable channels;
  LlmTable captures;
  LlmTable parts;
  LlmTable strings;  // count = bytes
};
static_assert(sizeof(LlmHeader) == 104);

struct LlmKind {
  LlmText name;        // "openai_chat"
  uint32_t shapes[3];  // by ShapeKind; kLlmNone when the kind has no such message
  uint32_t reserved;
  LlmText
      done_data;  // data of the event that ends a stream and is not JSON ("[DONE]"); empty: none
};
static_assert(sizeof(LlmKind) == 32);

struct LlmShape {
  uint32_t root_node;
  uint32_t close_first;
  uint32_t close_count;
  uint32_t channel_first;
  uint32_t channel_count;
  uint32_t capture_first;
  uint32_t capture_count;
  uint32_t formats;  // set of BodyFormat, or of StreamFormat
};
static_assert(sizeof(LlmShape) == 32);

// Where the walker stands. A key without an edge goes to any_key_node, an array element to
// element_node; both always name a node (the subtree of class Unknown when no rule says otherwise).
struct LlmNode {
  uint32_t edge_first;
  uint32_t any_key_node;
  uint32_t element_node;
  uint32_t variant_first;
  uint16_t edge_count;
  uint16_t variant_count;  // this object changes its node when its discriminator has been read
  uint16_t rule;           // kLlmNoRule: class is Unknown or inherited from a subtree
  uint8_t text_class;      // TextClass of a scalar here
  uint8_t flags;           // kNode...
};
static_assert(sizeof(LlmNode) == 24);
inline constexpr uint8_t kNodeKeysAreText = 1;  // keys of an object here are delivered as leaves
inline constexpr uint8_t kNodeDiscriminator =
    2;  // the string here selects the variant of its object
inline constexpr uint8_t kNodeNamesSpeaker = 4;    // a member of the object here is a MessageRole
inline constexpr uint8_t kNodeSpeakerShift = 4;    // the upper half: Speaker of everything below
inline constexpr uint8_t kNodeSpeakerMask = 0x70;  // Unsaid to Tool
inline constexpr uint8_t kNodeFlagsMask =
    kNodeKeysAreText | kNodeDiscriminator | kNodeNamesSpeaker | kNodeSpeakerMask;

// Edges of a node are sorted by name_hash.
struct LlmEdge {
  uint64_t name_hash;
  LlmText name;
  uint32_t node;
  uint32_t reserved;
};
static_assert(sizeof(LlmEdge) == 24);

struct LlmVariant {
  LlmText value;  // of the discriminator
  uint32_t node;  // replaces the node of the object from here on
  uint32_t reserved;
};
static_assert(sizeof(LlmVariant) == 16);

struct LlmRule {
  LlmText path;         // as written in the YAML, for evidence and messages
  uint8_t text_class;   // TextClass
  uint8_t role;         // LeafRole
  uint8_t mark;         // MarkKind
  uint8_t channel;      // index into the shape's channels, or kLlmNoChannel
  uint8_t capture;      // index into the shape's captures, or kLlmNoChannel
  uint8_t opaque;       // OpaqueReason: why a value of a class that nobody reads is not read
  uint8_t offset_text;  // number of a named text of the kind, from 1: this is it, or, with class N,
                        // this counts in it; 0: neither
  uint8_t offset_form;  // class N with an offset_text: kOffset... above
};
static_assert(sizeof(LlmRule) == 16);

struct LlmClose {
  LlmText value;  // of the scalar at the rule; empty: any string closes
  uint16_t rule;
  uint8_t scope;  // CloseScope
  uint8_t reserved[5];
};
static_assert(sizeof(LlmClose) == 16);

// A text that arrives in pieces over many events, and how to write an event of our own for it.
struct LlmChannel {
  LlmText name;        // "content", "arguments"
  LlmText event_name;  // for the event line; empty: none
  uint32_t part_first;
  uint32_t part_count;
  uint8_t text_class;  // T or J
  uint8_t key_levels;  // 0: one text in the stream, 1: one for each outer number, 2: and inner one
  uint8_t reserved[6];
};
static_assert(sizeof(LlmChannel) == 32);
inline constexpr uint8_t kChannelKeyLevelsMax = 2;

// A value that our own events repeat from the vendor's (id, model): its raw JSON, or `fallback`
// when no event carried it yet.
struct LlmCapture {
  LlmText fallback;
};

enum class PartKind : uint8_t { Text = 0, OuterIndex = 1, InnerIndex = 2, String = 3, Capture = 4 };
// One piece of the template of our own events. String stands for the escaped text with its quotes.
struct LlmPart {
  LlmText text;
  uint8_t kind;     // PartKind
  uint8_t capture;  // for PartKind::Capture
  uint8_t reserved[6];
};
static_assert(sizeof(LlmPart) == 16);

// Hash of a member name: FNV-1a with a final mix. It finds edges and duplicate keys. An author of
// collisions only makes his own message be refused as one with duplicate keys.
inline constexpr uint64_t kLlmNameHashSeed = 0xcbf29ce484222325ULL;
constexpr uint64_t llm_name_hash_step(uint64_t hash, uint8_t byte) noexcept {
  return (hash ^ byte) * 0x100000001b3ULL;
}
constexpr uint64_t llm_name_hash_end(uint64_t hash) noexcept {
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93ULL;
  hash ^= hash >> 32;
  return hash;
}
constexpr uint64_t llm_name_hash(std::string_view name) noexcept {
  uint64_t hash = kLlmNameHashSeed;
  for (char c : name) hash = llm_name_hash_step(hash, static_cast<uint8_t>(c));
  return llm_name_hash_end(hash);
}

}  // namespace sallyport::contract
