/* Writes the plain text behind "Copy report". When masked, an IP address becomes a word that says
 * what it is good for and a number: the same address has the same number throughout, so that what
 * belongs together can still be seen. Ports stay: they tell how a router behaves, and nobody. */

#include "config.h"

#include "udpnat-report-writer-private.h"

struct _UdpnatReportWriter
{
  GString *text;
  gboolean is_masked;
  GArray  *seen; /* of UdpnatAddress */
};

UdpnatReportWriter *
udpnat_report_writer_new (gboolean is_masked)
{
  UdpnatReportWriter *self = g_new0 (UdpnatReportWriter, 1);

  self->text = g_string_new (NULL);
  self->is_masked = is_masked;
  self->seen = g_array_new (FALSE, FALSE, sizeof (UdpnatAddress));
  return self;
}

void
udpnat_report_writer_free (UdpnatReportWriter *self)
{
  if (self == NULL)
    return;
  if (self->text != NULL)
    g_string_free (self->text, TRUE);
  g_array_unref (self->seen);
  g_free (self);
}

/** udpnat_report_writer_end: Returns: (transfer full): all that was added; to be called once */
char *
udpnat_report_writer_end (UdpnatReportWriter *self)
{
  return g_string_free (g_steal_pointer (&self->text), FALSE);
}

void
udpnat_report_writer_add (UdpnatReportWriter *self,
                          const char         *name,
                          const char         *format,
                          ...)
{
  va_list arguments;

  g_string_append_printf (self->text, "%s: ", name);
  va_start (arguments, format);
  g_string_append_vprintf (self->text, format, arguments);
  va_end (arguments);
  g_string_append_c (self->text, '\n');
}

/** udpnat_report_writer_add_time: @time_us: a duration; 0 or less: not known */
void
udpnat_report_writer_add_time (UdpnatReportWriter *self,
                               const char         *name,
                               gint64              time_us)
{
  if (time_us > 0)
    udpnat_report_writer_add (self, name, "%.1f ms", time_us / 1000.0);
  else
    udpnat_report_writer_add (self, name, "unknown");
}

static const char *
get_scope_word (const UdpnatAddress *address)
{
  switch (udpnat_address_get_scope (address))
    {
    case UDPNAT_SCOPE_UNUSABLE:
      return "unusable";
    case UDPNAT_SCOPE_LOOPBACK:
      return "loopback";
    case UDPNAT_SCOPE_LINK_LOCAL:
      return "link-local";
    case UDPNAT_SCOPE_PRIVATE:
      return "private";
    case UDPNAT_SCOPE_GLOBAL:
      return "public";
    }
  return "unusable";
}

static guint
get_number (UdpnatReportWriter  *self,
            const UdpnatAddress *address)
{
  for (guint i = 0; i < self->seen->len; i++)
    if (udpnat_address_equal_ip (&g_array_index (self->seen, UdpnatAddress, i), address))
      return i + 1;
  g_array_append_vals (self->seen, address, 1);
  return self->seen->len;
}

/** udpnat_report_writer_add_address: @words: (nullable): what else there is to say of it */
void
udpnat_report_writer_add_address (UdpnatReportWriter  *self,
                                  const char          *name,
                                  const UdpnatAddress *address,
                                  const char          *words)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];
  g_autofree char *masked = NULL;

  if (!udpnat_address_is_set (address))
    {
      udpnat_report_writer_add (self, name, "unknown");
      return;
    }
  masked = g_strdup_printf ("%s-ipv%d-%u:%u", get_scope_word (address), address->family,
                            get_number (self, address), address->port);
  udpnat_report_writer_add (self, name, "%s%s%s",
                            self->is_masked ? masked : udpnat_address_to_string (address, text),
                            words != NULL ? ", " : "", words != NULL ? words : "");
}
