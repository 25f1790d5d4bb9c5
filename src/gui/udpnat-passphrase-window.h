#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_PASSPHRASE_JOB_SET,
  UDPNAT_PASSPHRASE_JOB_CHANGE,
  UDPNAT_PASSPHRASE_JOB_REMOVE,
  UDPNAT_PASSPHRASE_JOB_BACK_UP, /* of a backup: none is an answer, too */
} UdpnatPassphraseJob;

#define UDPNAT_TYPE_PASSPHRASE_WINDOW (udpnat_passphrase_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPassphraseWindow, udpnat_passphrase_window, UDPNAT, PASSPHRASE_WINDOW,
                      AdwWindow)

/**
 * UdpnatPassphraseWindow:
 *
 * Asks for passphrases: the old one, the new one twice, as the job wants it. Signal "done" (old or
 * %NULL, new or %NULL, whether the keyring is to remember the new one): what was typed is equal and
 * allowed; whether the old one is right is for whoever tries it. The window is closed then.
 */

GtkWidget *udpnat_passphrase_window_new (UdpnatPassphraseJob job) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
