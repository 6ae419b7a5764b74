#include "dataplane/tcp/stack.h"

#include "dataplane/tcp/core.h"

namespace sallyport::tcp {

Stack::Stack(const StackConfig& config, Egress& egress, mem::SegmentPool& copies)
    : core_(std::make_unique<Core>(config, egress, copies)) {}
Stack::~Stack() = default;

bool Stack::listen(Endpoint local) noexcept { return core_->listen(local); }
bool Stack::unlisten(Endpoint local) noexcept { return core_->unlisten(local); }
ConnectionId Stack::connect(Endpoint local, Endpoint remote, base::Instant now) noexcept {
  return core_->connect(local, remote, now);
}
void Stack::input(const wire::IpAddress& source, const wire::IpAddress& destination,
                  mem::Segment* segment, base::Instant now) noexcept {
  core_->input(source, destination, segment->bytes(), now);
  mem::release(segment);
}
void Stack::input_burst(std::span<const Inbound> burst, base::Instant now) noexcept {
  core_->input_burst(burst, now);
}
void Stack::path_error(const wire::QuotedTcp& quoted, PathError error, uint16_t mtu,
                       base::Instant now) noexcept {
  core_->path_error(quoted, error, mtu, now);
}
State Stack::state_of(const Endpoint& local, const Endpoint& remote) noexcept {
  return core_->state_of(FlowKey{local.address, remote.address, local.port, remote.port});
}
bool Stack::options(ConnectionId id, ConnectionOptions& out) const noexcept {
  return core_->options(id, out);
}
bool Stack::set_options(ConnectionId id, const ConnectionOptions& options,
                        base::Instant now) noexcept {
  return core_->set_options(id, options, now);
}
bool Stack::info(ConnectionId id, ConnectionInfo& out) const noexcept {
  return core_->info(id, out);
}
PoolUse Stack::pool_use() const noexcept { return core_->pool_use(); }
const char* Stack::audit() const noexcept { return core_->audit(); }
bool Stack::next_event(Event& out) noexcept { return core_->next_event(out); }
mem::ByteChain& Stack::receive_queue(ConnectionId id) noexcept { return core_->receive_queue(id); }
void Stack::received(ConnectionId id, base::Instant now) noexcept { core_->received(id, now); }
bool Stack::peer_closed(ConnectionId id) const noexcept {
  const Connection* c = core_->find(id);
  return c != nullptr && c->receive.fin_taken;
}
size_t Stack::send_room(ConnectionId id) const noexcept { return core_->send_room(id); }
void Stack::send(ConnectionId id, mem::ByteChain&& bytes) noexcept {
  core_->send(id, std::move(bytes));
}
void Stack::shutdown_send(ConnectionId id) noexcept { core_->shutdown_send(id); }
void Stack::abort(ConnectionId id) noexcept { core_->abort(id); }
void Stack::release(ConnectionId id) noexcept { core_->release(id); }
void Stack::drop_all() noexcept { core_->drop_all(); }
bool Stack::all_acknowledged(ConnectionId id) const noexcept { return core_->all_acknowledged(id); }
void Stack::advance(base::Instant now) noexcept { core_->advance(now); }
void Stack::flush(base::Instant now) noexcept { core_->flush(now); }
base::Instant Stack::next_deadline() const noexcept { return core_->next_deadline(); }

bool Stack::is_live(ConnectionId id) const noexcept { return core_->find(id) != nullptr; }
Endpoint Stack::local(ConnectionId id) const noexcept {
  const Connection* c = core_->find(id);
  return c == nullptr ? Endpoint{} : Endpoint{c->key.local_address, c->key.local_port};
}
Endpoint Stack::remote(ConnectionId id) const noexcept {
  const Connection* c = core_->find(id);
  return c == nullptr ? Endpoint{} : Endpoint{c->key.remote_address, c->key.remote_port};
}
State Stack::state(ConnectionId id) const noexcept {
  const Connection* c = core_->find(id);
  return c == nullptr ? State::Closed : c->state;
}
const Counters& Stack::counters() const noexcept { return core_->counters(); }
uint32_t Stack::connection_count() const noexcept { return core_->connection_count(); }
uint32_t Stack::time_wait_count() const noexcept { return core_->time_wait_count(); }

}  // namespace sallyport::tcp
