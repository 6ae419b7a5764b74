// Names of what a walk refuses: they stand in refusals and in evidence.
#include "dataplane/llm/json_walker.h"

namespace sallyport::llm {

std::string_view walk_error_name(WalkError error) noexcept {
  switch (error) {
    case WalkError::None:
      return "none";
    case WalkError::Empty:
      return "json_empty";
    case WalkError::Truncated:
      return "json_truncated";
    case WalkError::TrailingText:
      return "json_trailing_text";
    case WalkError::ByteOrderMark:
      return "json_byte_order_mark";
    case WalkError::UnexpectedByte:
      return "json_unexpected_byte";
    case WalkError::BadLiteral:
      return "json_bad_literal";
    case WalkError::BadNumber:
      return "json_bad_number";
    case WalkError::NumberTooLong:
      return "json_number_too_long";
    case WalkError::BadEscape:
      return "json_bad_escape";
    case WalkError::LoneSurrogate:
      return "json_lone_surrogate";
    case WalkError::ControlCharacter:
      return "json_control_character";
    case WalkError::BadUtf8:
      return "json_bad_utf8";
    case WalkError::DuplicateKey:
      return "json_duplicate_key";
    case WalkError::TooDeep:
      return "json_too_deep";
    case WalkError::TooManyKeys:
      return "json_too_many_keys";
    case WalkError::StoppedBySink:
      return "stopped_by_sink";
  }
  return "?";
}

}  // namespace sallyport::llm
