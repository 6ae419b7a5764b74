// local_socket.h: UNIX sockets that only root and our own user may talk to.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace sallyport::supervise {

struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
};

// A non-blocking listener (0600); a stale file in its place is removed. REQUIRES: nobody else
// serves this path (the run dir's lock). -1: `error` says why.
int listen_at(const std::filesystem::path& file, int type, std::string& error);
// The kernel's word on who is at the other end. False: root or our own user it is not.
bool may_talk(int fd, Peer& peer);

}  // namespace sallyport::supervise
