/* QR codes (ISO/IEC 18004), made by libqrencode: links and safety numbers to be scanned from a
 * screen. Screens are clean, so the lowest error correction will do: a code with fewer modules is
 * easier to read, and fits a terminal of 24 lines.
 *
 * In a terminal one character shows two modules, one above the other. Light modules are drawn as
 * blocks, dark ones are left empty: with light text on dark ground, which most terminals have, that
 * is right as it stands. Where colours may be used, white on black is asked for, which makes it
 * right everywhere. */

#include "config.h"

#include "udpnat-qr.h"

#include <qrencode.h>
#include <string.h>

#include "udpnat-limits.h"

/* ISO/IEC 18004 section 6.3.8: light modules on all sides. */
#define QUIET_MODULES 4
#define MODULE_DARK 1 /* qrencode.h, QRcode */

/* White on black of the 256 colours: the first 16 are whatever a person has made of them. */
#define COLOUR_BEGIN "\033[38;5;231;48;5;16m"
#define COLOUR_END "\033[0m"

struct _UdpnatQr
{
  QRcode *code;
};

/**
 * udpnat_qr_new:
 * @data: a link, or what else is to be read
 *
 * Returns: (transfer full) (nullable): %NULL when @data is empty, or too long for a code that can
 *   be scanned from a screen
 */
UdpnatQr *
udpnat_qr_new (const char *data)
{
  UdpnatQr *self;
  QRcode *code;

  g_return_val_if_fail (data != NULL, NULL);

  if (*data == '\0' || strnlen (data, UDPNAT_QR_MAX_BYTES + 1) > UDPNAT_QR_MAX_BYTES)
    return NULL;
  code = QRcode_encodeString (data, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
  if (code == NULL)
    return NULL;

  self = g_new0 (UdpnatQr, 1);
  self->code = code;
  return self;
}

/** udpnat_qr_free: @self: (nullable) */
void
udpnat_qr_free (UdpnatQr *self)
{
  if (self == NULL)
    return;
  QRcode_free (self->code);
  g_free (self);
}

/** udpnat_qr_get_size: Returns: modules in a row, without the light ones around the code */
guint
udpnat_qr_get_size (const UdpnatQr *self)
{
  return (guint) self->code->width;
}

/**
 * udpnat_qr_is_dark:
 * @x: from the left; may be outside of the code
 * @y: from the top; may be outside of the code
 *
 * A drawing must leave at least four light modules on each side, also where the ground is dark.
 */
gboolean
udpnat_qr_is_dark (const UdpnatQr *self,
                   int             x,
                   int             y)
{
  int size = self->code->width;

  return x >= 0 && y >= 0 && x < size && y < size &&
         (self->code->data[y * size + x] & MODULE_DARK) != 0;
}

static const char *
get_character (gboolean is_upper_dark,
               gboolean is_lower_dark)
{
  if (is_upper_dark)
    return is_lower_dark ? " " : "▄";
  return is_lower_dark ? "▀" : "█";
}

/**
 * udpnat_qr_to_text:
 * @has_colours: whether the terminal knows colours; otherwise the text is right on dark ground
 *
 * Returns: (transfer full): lines to print, each with its line feed
 */
char *
udpnat_qr_to_text (const UdpnatQr *self,
                   gboolean        has_colours)
{
  int end = self->code->width + QUIET_MODULES;
  GString *text = g_string_new (NULL);

  for (int y = -QUIET_MODULES; y < end; y += 2)
    {
      if (has_colours)
        g_string_append (text, COLOUR_BEGIN);
      for (int x = -QUIET_MODULES; x < end; x++)
        g_string_append (text, get_character (udpnat_qr_is_dark (self, x, y),
                                              udpnat_qr_is_dark (self, x, y + 1)));
      g_string_append (text, has_colours ? COLOUR_END "\n" : "\n");
    }
  return g_string_free (text, FALSE);
}
