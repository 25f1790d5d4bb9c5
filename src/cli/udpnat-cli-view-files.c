/* What the terminal shows of files: a line when something has become of one, and where a command
 * waits for it, a bar that is drawn again and again. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#define BAR_CELLS 24

/* "photo.jpg", or "Pictures/ (214 files)". */
static char *
describe_what (UdpnatTransfer *transfer)
{
  g_autofree char *name = udpnat_cli_view_clean (udpnat_transfer_get_name (transfer));
  guint n_files;

  if (!udpnat_transfer_is_folder (transfer))
    return g_steal_pointer (&name);
  n_files = udpnat_transfer_get_n_files (transfer);
  /* Translators: a folder, and how many files are in it */
  return g_strdup_printf (ngettext ("%s/ (%u file)", "%s/ (%u files)", n_files), name, n_files);
}

/* ---- The bar ---- */

/* Only where somebody looks, and where it does not get between what programs read. */
static gboolean
has_bar (UdpnatCliView *self)
{
  return !udpnat_cli_view_is_json (self) && isatty (STDERR_FILENO);
}

static void
draw_bar (const char *what,
          gint64      n_done,
          gint64      n_all,
          const char *words)
{
  int n_full = n_all > 0 ? (int) (n_done * BAR_CELLS / n_all) : 0;
  char bar[BAR_CELLS + 1];

  n_full = CLAMP (n_full, 0, BAR_CELLS);
  memset (bar, '#', (gsize) n_full);
  memset (bar + n_full, '.', (gsize) (BAR_CELLS - n_full));
  bar[BAR_CELLS] = '\0';
  fprintf (stderr, "\r\033[K%s [%s] %s", what, bar, words);
  fflush (stderr);
}

static void
end_bar (UdpnatCliView *self)
{
  if (has_bar (self))
    fputs ("\r\033[K", stderr);
}

/** udpnat_cli_view_show_preparing: @n_done: bytes that were read of a file that is to be sent */
void
udpnat_cli_view_show_preparing (UdpnatCliView *self,
                                const char    *path,
                                gint64         n_done,
                                gint64         n_all)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *shown = g_filename_display_name (name);
  g_autofree char *clean = udpnat_cli_view_clean (shown);

  if (has_bar (self))
    /* Translators: a file that is to be sent */
    draw_bar (clean, n_done, n_all, C_("file", "being read"));
}

/* ---- Transfers ---- */

static void
write_json (UdpnatCliView  *self,
            UdpnatPerson   *person,
            UdpnatTransfer *transfer)
{
  JsonBuilder *builder = udpnat_cli_view_begin ("file");
  g_autofree char *path = NULL;

  if (udpnat_transfer_get_path (transfer) != NULL)
    path = g_filename_display_name (udpnat_transfer_get_path (transfer));
  udpnat_cli_view_add_number (builder, "number", udpnat_transfer_get_line (transfer));
  udpnat_cli_view_add_text (builder, "peer", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  udpnat_cli_view_add_boolean (builder, "outgoing", udpnat_transfer_is_outgoing (transfer));
  udpnat_cli_view_add_text (builder, "name", udpnat_transfer_get_name (transfer));
  udpnat_cli_view_add_number (builder, "size", udpnat_transfer_get_size (transfer));
  udpnat_cli_view_add_text (builder, "type", udpnat_transfer_get_content_type (transfer));
  udpnat_cli_view_add_boolean (builder, "folder", udpnat_transfer_is_folder (transfer));
  udpnat_cli_view_add_number (builder, "files", udpnat_transfer_get_n_files (transfer));
  udpnat_cli_view_add_text (builder, "state", udpnat_transfer_get_state_code (transfer));
  udpnat_cli_view_add_text (builder, "reason", udpnat_transfer_get_reason (transfer));
  udpnat_cli_view_add_boolean (builder, "paused_here", udpnat_transfer_is_paused_here (transfer));
  udpnat_cli_view_add_boolean (builder, "paused_there",
                               udpnat_transfer_is_paused_there (transfer));
  udpnat_cli_view_add_number (builder, "done", udpnat_transfer_get_done (transfer));
  udpnat_cli_view_add_number (builder, "rate", udpnat_transfer_get_rate (transfer));
  udpnat_cli_view_add_number (builder, "left_s", udpnat_transfer_get_left_s (transfer));
  udpnat_cli_view_add_text (builder, "path", path);
  udpnat_cli_view_end (self, builder);
}

/* "#7 to Bob: photo.jpg, 3.2 MB, sent from /home/ann/photo.jpg" */
static char *
describe_transfer (UdpnatPerson   *person,
                   UdpnatTransfer *transfer)
{
  long long number = udpnat_transfer_get_line (transfer);
  gboolean is_outgoing = udpnat_transfer_is_outgoing (transfer);
  g_autofree char *title = udpnat_cli_view_dup_title (person);
  g_autofree char *what = describe_what (transfer);
  g_autofree char *words = udpnat_transfer_describe (transfer, title);
  g_autofree char *place = NULL;
  g_autofree char *clean = NULL;

  if (udpnat_transfer_get_state (transfer) == UDPNAT_TRANSFER_STATE_DONE &&
      udpnat_transfer_get_path (transfer) != NULL)
    {
      place = g_filename_display_name (udpnat_transfer_get_path (transfer));
      clean = udpnat_cli_view_clean (place);
    }
  if (clean != NULL && is_outgoing)
    /* Translators: the number of a message, a name, a file, its size, and where it was */
    return g_strdup_printf (_("#%lld to %s: %s, %s, sent from %s"), number, title, what, words,
                            clean);
  if (clean != NULL)
    /* Translators: the number of a message, a name, a file, its size, and where it is now */
    return g_strdup_printf (_("#%lld from %s: %s, %s, in %s"), number, title, what, words, clean);
  if (is_outgoing)
    /* Translators: the number of a message, a name, a file, and how far it is */
    return g_strdup_printf (_("#%lld to %s: %s, %s"), number, title, what, words);
  /* Translators: the number of a message, a name, a file, and how far it is */
  return g_strdup_printf (_("#%lld from %s: %s, %s"), number, title, what, words);
}

/* @has_advice: what there is to do about it, at the prompt, is said as well */
static void
write_line (UdpnatCliView  *self,
            UdpnatPerson   *person,
            UdpnatTransfer *transfer,
            gboolean        has_advice)
{
  UdpnatTransferState state = udpnat_transfer_get_state (transfer);
  g_autofree char *words = describe_transfer (person, transfer);
  g_autofree char *line = NULL;

  if (has_advice && state == UDPNAT_TRANSFER_STATE_OFFERED &&
      !udpnat_transfer_is_outgoing (transfer))
    /* Translators: %s is a file that is offered; “take” and “cancel” are commands to type, and
     * stay as they are, or follow in brackets */
    line = g_strdup_printf (_("%s; take it, or cancel it"), words);
  else if (has_advice && state == UDPNAT_TRANSFER_STATE_FAILED)
    /* Translators: %s is a file that has stopped; “resume” is a command to type, and stays as it
     * is, or follows in brackets */
    line = g_strdup_printf (_("%s; resume it to try again"), words);
  udpnat_cli_view_show_text (self, "  %s", line != NULL ? line : words);
}

/**
 * udpnat_cli_view_show_transfer:
 * @is_waited_for: by a command of the command line: how far it is is shown as well
 *
 * Says what has changed, if it is worth a line: on a terminal a state, in JSON everything.
 */
void
udpnat_cli_view_show_transfer (UdpnatCliView  *self,
                               UdpnatPerson   *person,
                               UdpnatTransfer *transfer,
                               gboolean        is_waited_for)
{
  g_autofree char *title = NULL;
  g_autofree char *what = NULL;
  g_autofree char *words = NULL;

  if (udpnat_cli_view_is_json (self))
    {
      write_json (self, person, transfer);
      return;
    }
  if (udpnat_cli_view_note_transfer (self, transfer))
    {
      end_bar (self);
      write_line (self, person, transfer, !is_waited_for);
    }
  if (!is_waited_for || !has_bar (self) ||
      udpnat_transfer_get_state (transfer) != UDPNAT_TRANSFER_STATE_RUNNING)
    return;
  title = udpnat_cli_view_dup_title (person);
  what = describe_what (transfer);
  words = udpnat_transfer_describe (transfer, title);
  draw_bar (what, udpnat_transfer_get_done (transfer), udpnat_transfer_get_size (transfer), words);
}

/** udpnat_cli_view_list_transfer: as it stands, for “files” */
void
udpnat_cli_view_list_transfer (UdpnatCliView  *self,
                               UdpnatPerson   *person,
                               UdpnatTransfer *transfer)
{
  if (udpnat_cli_view_is_json (self))
    write_json (self, person, transfer);
  else
    write_line (self, person, transfer, TRUE);
}
