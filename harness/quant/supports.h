/* What a plugin's `supports` says, asked in this very process. Who must outlive a crash of it asks qb_plugin_supports of
 * plugin_probe.h.
 */
#ifndef QB_SUPPORTS_H
#define QB_SUPPORTS_H

#include "quant/plugin.h"

/* granularity: "tensor", "row" or "block". QB_E_NOT_OFFERED: "solver 'ttq' does not support 2 bits per row: ...".
 * QB_E_CONFIG: no bit width or granularity is accepted with these options, while some is with the defaults: they
 * contradict each other. QB_E_FAILED: it called exit. */
int qb_supports_ask(const qb_plugin *p, const qb_settings *settings, int bits, const char *granularity);

#endif
