#include "controlplane/vault/way_out.h"

#include <utility>

namespace sallyport::vault {

std::string_view way_out(std::string_view code) {
  using Row = std::pair<std::string_view, std::string_view>;
  static constexpr Row kRows[] = {
      {"vault_sealed", "sallyctl vault unseal"},
      {"vault_absent", "sallyctl vault init"},
      {"vault_exists", "sallyctl vault status"},
      {"kek_missing", "put the key file back, or bring the shares together"},
      {"kek_wrong", "sallyctl vault key restore has the right one, if there is a backup"},
      {"kek_custodians",
       "make the file again, sallyctl vault key combine or restore; then vault seal, vault unseal"},
      {"rotating", "it goes on by itself; sallyctl vault status says when it is over"},
      {"held", "sallyctl hold list"},
      {"hold_exists", "sallyctl hold list; give another --name"},
      {"too_many", "sallyctl hold list; release what is settled"},
      {"no_room", "make room on the disk of the state dir; what came waits"},
      {"store_damaged", "docs/vault.md, section 6"},
      {"bad_threshold", "-k 2 at least, and no more than there are custodians"},
      {"custodian_twice", "name each custodian's public key once"},
      {"share_not_yours", "give each share with the private key of its own custodian"},
      {"share_too_few", "bring more shares of the same split"},
      {"share_duplicate", "bring the share of another custodian"},
      {"share_foreign",
       "bring shares of one split: those of the last one, sallyctl vault key split"},
      {"share_wrong", "one of them was changed: bring another, or split again"},
      {"share_unreadable", "give the file as sallyctl vault key split wrote it"},
      {"backup_not_yours",
       "give the private key of the holder to whom the backup was made (--key)"},
      {"backup_unreadable", "give the file as sallyctl vault key backup wrote it"},
  };
  for (const auto& [known, what] : kRows)
    if (known == code) return what;
  return "sallyctl vault status";
}

}  // namespace sallyport::vault
