#include "dataplane/http/body_decoder.h"

#include <algorithm>
#include <array>

#include "dataplane/base/ascii.h"

namespace sallyport::http {
namespace {

// 15 hex digits cannot overflow 64 bits and are far above every body limit.
constexpr uint8_t kChunkSizeDigitsMax = 15;

}  // namespace

std::string_view body_error_name(BodyError error) noexcept {
  static constexpr std::array<std::string_view, 6> kNames{
      "none",          "bad_chunk_size",    "chunk_line_too_long",
      "bad_chunk_end", "trailers_too_long", "bad_trailer"};
  return kNames[static_cast<size_t>(error)];
}

void BodyDecoder::begin(Framing framing, uint64_t content_length) noexcept {
  *this = BodyDecoder{};
  switch (framing) {
    case Framing::None:
      state_ = State::Complete;
      break;
    case Framing::ContentLength:
      state_ = content_length > 0 ? State::Counted : State::Complete;
      left_ = content_length;
      break;
    case Framing::Chunked:
      state_ = State::SizeLine;
      break;
    case Framing::UntilClose:
      state_ = State::UntilClose;
      break;
  }
}

BodyDecoder::Result BodyDecoder::fail(BodyError error) noexcept {
  state_ = State::Failed;
  error_ = error;
  return Result::Failed;
}

BodyDecoder::Result BodyDecoder::feed(mem::ByteChain& in, mem::ByteChain& out,
                                      mem::SegmentPool& pool) noexcept {
  for (;;) {
    switch (state_) {
      case State::Complete:
        return Result::Complete;
      case State::Failed:
        return Result::Failed;
      case State::Counted:
      case State::ChunkData: {
        if (in.empty()) return Result::NeedMore;
        const size_t part = static_cast<size_t>(std::min<uint64_t>(left_, in.size()));
        if (!in.take_front(part, out, pool)) return Result::NoMemory;
        left_ -= part;
        body_bytes_ += part;
        if (left_ == 0) {
          state_ = state_ == State::Counted ? State::Complete : State::ChunkEnd;
          saw_cr_ = false;
        }
        break;
      }
      case State::UntilClose:
        body_bytes_ += in.size();
        out.append(std::move(in));
        return Result::NeedMore;
      case State::SizeLine:
      case State::ChunkEnd:
      case State::Trailers: {
        if (in.empty()) return Result::NeedMore;
        const char c = static_cast<char>(in.front()[0]);
        in.consume(1);
        if (line_byte(c) == Result::Failed) return Result::Failed;
        break;
      }
    }
  }
}

// One byte of framing. Lines end with CRLF only.
BodyDecoder::Result BodyDecoder::line_byte(char c) noexcept {
  if (saw_cr_) {
    saw_cr_ = false;
    if (c != '\n')
      return fail(state_ == State::Trailers ? BodyError::BadTrailer : BodyError::BadChunkEnd);
    if (state_ == State::SizeLine) return size_line_done();
    if (state_ == State::ChunkEnd) {
      state_ = State::SizeLine;
    } else {  // a trailer line: an empty one ends the body, others are dropped
      state_ = line_bytes_ == 0 ? State::Complete : State::Trailers;
    }
    line_bytes_ = 0;
    return Result::NeedMore;
  }
  if (c == '\r') {
    saw_cr_ = true;
    return Result::NeedMore;
  }
  switch (state_) {
    case State::ChunkEnd:
      return fail(BodyError::BadChunkEnd);
    case State::Trailers:
      if (c == '\n' || c == '\0') return fail(BodyError::BadTrailer);
      ++line_bytes_;
      if (++trailer_bytes_ > kTrailerBytesMax) return fail(BodyError::TrailersTooLong);
      return Result::NeedMore;
    default:
      break;
  }
  if (++line_bytes_ > kChunkLineBytesMax) return fail(BodyError::ChunkLineTooLong);
  if (in_extension_)
    return c == '\n' || c == '\0' ? fail(BodyError::BadChunkSize) : Result::NeedMore;
  if (c == ';' && size_digits_ > 0) {
    in_extension_ = true;
    return Result::NeedMore;
  }
  const int value = base::hex_value(static_cast<uint8_t>(c));
  if (value < 0 || size_digits_ == kChunkSizeDigitsMax) return fail(BodyError::BadChunkSize);
  left_ = left_ * 16 + static_cast<uint64_t>(value);
  ++size_digits_;
  return Result::NeedMore;
}

BodyDecoder::Result BodyDecoder::size_line_done() noexcept {
  if (size_digits_ == 0) return fail(BodyError::BadChunkSize);
  state_ = left_ == 0 ? State::Trailers : State::ChunkData;
  size_digits_ = 0;
  line_bytes_ = 0;
  in_extension_ = false;
  return Result::NeedMore;
}

bool BodyDecoder::end_of_input() noexcept {
  if (state_ == State::UntilClose) state_ = State::Complete;
  return state_ == State::Complete;
}

}  // namespace sallyport::http
