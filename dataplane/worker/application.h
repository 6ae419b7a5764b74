// application.h: what a worker runs on top of its TCP stack: the gateway, or a test program.
#pragma once

#include "dataplane/base/time.h"

namespace sallyport::worker {

class Application {
 public:
  virtual ~Application() = default;
  // Once per turn of the worker, after every received frame went into the stack and its timers ran,
  // and before the stack is flushed: read events, move bytes, send. Must not block and must not
  // read a clock.
  virtual void turn(const base::Clock& clock) noexcept = 0;
  // When turn() wants to be called even if nothing arrives. Far future: no timer runs.
  virtual base::Instant next_deadline() const noexcept = 0;
};

}  // namespace sallyport::worker
