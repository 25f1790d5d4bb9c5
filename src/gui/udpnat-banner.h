#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_BANNER (udpnat_banner_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatBanner, udpnat_banner, UDPNAT, BANNER, AdwBin)

/**
 * UdpnatBanner:
 *
 * A calm bar at the top of a page: a sign, a sentence, and what can be done. Hidden until
 * udpnat_banner_show(). (AdwBanner came with libadwaita 1.3, and has one button.)
 */

/**
 * UdpnatBannerButton:
 * @label: translated, with a mnemonic
 * @action: detailed name of an action of the widgets around
 * @style: (nullable): a CSS class: "suggested-action", "destructive-action"
 */
typedef struct
{
  const char *label;
  const char *action;
  const char *style;
} UdpnatBannerButton;

GtkWidget *udpnat_banner_new  (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_banner_show (UdpnatBanner             *self,
                               const char               *icon,
                               const char               *text,
                               const UdpnatBannerButton *buttons,
                               gsize                     n_buttons);
void       udpnat_banner_hide (UdpnatBanner             *self);
void       udpnat_banner_set_note   (UdpnatBanner       *self,
                                     const char         *note);
void       udpnat_banner_set_narrow (UdpnatBanner       *self,
                                     gboolean            is_narrow);

G_END_DECLS
