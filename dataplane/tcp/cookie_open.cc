// The passive open without a record, while half_open_max is reached (RFC 4987 3.6).
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

}  // namespace

void Core::send_cookie(const Arrived& a) noexcept {
  const wire::TcpOptions& offered = a.tcp.options;
  const uint16_t mss_default = a.key.is_v6() ? kMssDefaultV6 : kMssDefault;
  CookieOptions options;
  options.mss = offered.mss == 0 ? mss_default : std::max(offered.mss, kMssMin);
  options.has_timestamps = offered.has_timestamps && config_.timestamps;
  // Without timestamps there is no place to remember these.
  options.sack_permitted = options.has_timestamps && offered.sack_permitted && config_.sack;
  options.has_window_scale =
      options.has_timestamps && offered.has_window_scale && config_.window_scaling;
  options.window_scale = std::min(offered.window_scale, kWindowScaleMax);
  TcpView header;
  header.flags = TcpView::Syn | TcpView::Ack;
  header.sequence = cookies_.sequence(a.key, a.tcp.sequence, options.mss, now_ms_);
  header.acknowledgment = a.tcp.sequence + 1;
  header.window = static_cast<uint16_t>(std::min<uint32_t>(config_.receive_bytes_max, UINT16_MAX));
  header.options.mss = our_mss(a.key);
  if (options.has_timestamps) {
    header.options.has_timestamps = true;
    header.options.timestamp_value =
        SynCookies::timestamp(static_cast<uint32_t>(now_ms_), options) + timestamp_offset(a.key);
    header.options.timestamp_echo = offered.timestamp_value;
    header.options.sack_permitted = options.sack_permitted;
    header.options.has_window_scale = options.has_window_scale;
    header.options.window_scale = our_window_shift_;
  }
  // Nobody to try again for: when no buffer is there the client's own timer does it.
  if (!transmit_raw(a.key, header, {}, Reason::Cookie)) return;
  counters_.add(Counter::SynCookiesSent);
  cookies_until_ms_ = now_ms_ + 2 * kCookiePeriodMs;
}

bool Core::is_cookie(const Arrived& a) const noexcept {
  uint16_t mss = 0;
  return !a.tcp.has(TcpView::Syn) &&
         cookies_.check(a.key, a.tcp.sequence - 1, a.tcp.acknowledgment - 1, now_ms_, mss);
}

bool Core::accept_cookie(Arrived& a) noexcept {
  if (now_ms_ >= cookies_until_ms_ || a.tcp.has(TcpView::Syn)) return false;
  CookieOptions options;
  const uint32_t ours = a.tcp.acknowledgment - 1;
  const uint32_t theirs = a.tcp.sequence - 1;
  if (!cookies_.check(a.key, theirs, ours, now_ms_, options.mss)) {
    // Dropped, not reset: a later segment of a client whose first ACK was lost looks the same, and
    // its first one comes again.
    counters_.add(Counter::SynCookiesBad);
    return true;
  }
  Connection* c = allocate(a.key);
  if (c == nullptr) {
    counters_.add(Counter::SynRefusedFull);
    return true;  // dropped: the client sends its data again, and may find a place then
  }
  counters_.add(Counter::SynCookiesGood);
  // The SYN as it was, as far as it is remembered.
  Arrived syn = a;
  syn.tcp.sequence = syn.sequence = theirs;
  syn.tcp.flags = TcpView::Syn;
  syn.tcp.options = wire::TcpOptions{};
  syn.tcp.options.mss = options.mss;
  if (a.tcp.options.has_timestamps) {
    SynCookies::read_timestamp(a.tcp.options.timestamp_echo - timestamp_offset(a.key), options);
    syn.tcp.options.has_timestamps = true;
    syn.tcp.options.timestamp_value = a.tcp.options.timestamp_value;
    syn.tcp.options.sack_permitted = options.sack_permitted;
    syn.tcp.options.has_window_scale = options.has_window_scale;
    syn.tcp.options.window_scale = options.window_scale;
  }
  c->state = State::SynReceived;
  start(*c, true);
  c->send.syn_due = false;
  c->send.initial = c->send.unacked = c->send.recover = ours;
  c->send.base = c->send.next = c->send.highest = ours + 1;
  take_syn_options(*c, syn);
  synchronised(*c, a);
  return true;
}

}  // namespace sallyport::tcp
