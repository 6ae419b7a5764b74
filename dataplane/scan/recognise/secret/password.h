// password.h: passwords that people choose, wherever they are written down.
//
//   names      password = "x", DB_PASSWORD=x, "pwd": "x", Pwd=x; in a connection string,
//   <password>x</password>,
//              --password x, /pass:x, name="password" value="x"
//   prose      the password is x, Passwort: x, mot de passe pour le VPN : x, 密码是x, changed my
//   password to x commands   command_line.h headers    auth_header.h SQL        IDENTIFIED BY 'x',
//   WITH PASSWORD 'x', SET PASSWORD FOR u = PASSWORD('x') files      .netrc, .pgpass
//   (host:5432:db:user:x) pairs      credentials: admin / x, login admin:x
//
// What the cue means is known from its text; a word that is none of these is taken for a word for
// "password" of another language. How sure the value must look depends on the form: quotes, an
// option or an element take a plain word, prose does not. Not here: URLs (url_credentials.h), keys
// and tokens (assignment.h).
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger: [start, at) is the cue. The hit is the password alone.
// No answer but No where an ASCII letter stands before the cue, unless a capital follows a small
// one.
// The cue is a word for a password, no command, header or statement.
bool password_cue_is_name(std::span<const uint8_t> cue) noexcept;
bool password_cue_begins_word(std::span<const uint8_t> cue) noexcept;

Verdict password_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                           Hit& out) noexcept;

}  // namespace sallyport::scan
