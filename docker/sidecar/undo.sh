#!/bin/bash
# Takes everything of ours out of the network namespace that this container lives in, with either backend; harmless where nothing is left.
# `/run/ordeal-tables` names the tables that were there before us.
for backend in nft legacy; do
  saved=$("iptables-$backend-save" 2>/dev/null)
  if [[ $saved == *ORDEAL* ]]; then
    awk '
      /^\*/ { print }
      /^:ORDEAL/ { chain = substr($1, 2); print "-F " chain; gone = gone "-X " chain "\n" }
      /^-A/ && /-j ORDEAL/ && $2 !~ /^ORDEAL/ { sub(/^-A/, "-D"); print }
      /^COMMIT/ { printf "%s", gone; gone = ""; print }
    ' <<<"$saved" | "iptables-$backend-restore" --noflush || exit 1
  fi
done
if [[ -e /run/ordeal-tables ]]; then
  for table in nat mangle filter; do
    grep -qx "table ip $table" /run/ordeal-tables && continue
    [[ $(iptables-nft-save -t "$table" 2>/dev/null) == *$'\n-A '* ]] || nft delete table ip "$table" 2>/dev/null
  done
fi
tc qdisc show | awk '$2 == "htb" && $3 == "4f52:" { print $5 }' | while read -r device; do tc qdisc del dev "$device" root; done
exit 0
