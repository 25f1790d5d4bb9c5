#pragma once

#include <adwaita.h>

#include "udpnat-history-item.h"
#include "udpnat-person.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_QUOTE_BLOCK (udpnat_quote_block_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatQuoteBlock, udpnat_quote_block, UDPNAT, QUOTE_BLOCK, GtkBox)

/**
 * UdpnatQuoteBlock:
 *
 * A line at the side, who has said something, and its beginning: above an answer to it.
 */

GtkWidget *udpnat_quote_block_new (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_quote_block_set (UdpnatQuoteBlock *self,
                                   const char       *title,
                                   const char       *text);

G_END_DECLS
