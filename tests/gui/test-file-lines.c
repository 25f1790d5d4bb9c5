/* Files in a conversation as widgets, with a client that has no network: what a line shows, what
 * its buttons do, and that it stays as high as it is. */

#include "config.h"

#include <adwaita.h>

#include "test-client-fixture.h"

#include "udpnat-client-files.h"
#include "udpnat-composer-private.h"
#include "udpnat-conversation-page-private.h"
#include "udpnat-file-row.h"
#include "udpnat-message-list-private.h"
#include "udpnat-message-row-private.h"

#define MB 1000000
#define ROW_WIDTH 280

typedef struct
{
  char                   *folder;
  UdpnatClient           *client;
  UdpnatPerson           *bob; /* borrowed */
  GtkWindow              *window;
  UdpnatConversationPage *page;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey key = make_key (1);
  gboolean is_open;

  self->folder = g_dir_make_tmp ("udpnat-file-lines-XXXXXX", NULL);
  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  udpnat_client_set_files_folder (self->client, self->folder);
  self->bob = udpnat_client_ensure_person (self->client, &key, "bob");
  self->page = UDPNAT_CONVERSATION_PAGE (udpnat_conversation_page_new (self->client, NULL));
  self->window = GTK_WINDOW (adw_window_new ());
  gtk_window_set_default_size (self->window, 420, 600);
  adw_window_set_content (ADW_WINDOW (self->window), GTK_WIDGET (self->page));
  gtk_window_present (self->window);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (self->page));
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_object_add_weak_pointer (G_OBJECT (self->page), (gpointer *) &self->page);
  gtk_window_destroy (self->window);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (self->page);
  g_object_add_weak_pointer (G_OBJECT (self->client), (gpointer *) &self->client);
  g_object_unref (self->client);
  g_assert_null (self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

static void
settle (Fixture *self)
{
  for (guint i = 0; i < 4; i++)
    {
      gtk_widget_queue_resize (GTK_WIDGET (self->page));
      gtk_test_widget_wait_for_draw (GTK_WIDGET (self->page));
    }
}

static void
hear_offer (Fixture    *self,
            guint8      number,
            const char *name)
{
  UdpnatMessageId id = make_id (number);
  const UdpnatFileOffer offer = {
    .kind = UDPNAT_FILE_KIND_FILE,
    .size = 8 * MB,
    .n_files = 1,
    .list_size = 8 * MB,
    .root = { 7, 8, 9 },
    .name = (char *) name,
    .content_type = (char *) "application/pdf",
  };

  udpnat_client_accept (self->client, self->bob);
  hear_from (self->client, self->bob, udpnat_item_new_file (&id, SENT_US, &offer));
  udpnat_conversation_page_set_person (self->page, self->bob);
  settle (self);
}

static void
take_row (UdpnatMessageRow *row,
          gpointer          user_data)
{
  *(UdpnatMessageRow **) user_data = row;
}

/* The one that there is. */
static UdpnatMessageRow *
get_row (Fixture *self)
{
  UdpnatMessageRow *row = NULL;

  udpnat_message_list_foreach_row (self->page->list, take_row, &row);
  g_assert_nonnull (row);
  return row;
}

static void
request (UdpnatMessageRow *row,
         UdpnatFileRequest what)
{
  g_signal_emit_by_name (row->file, "requested", (int) what);
}

/* ---- A line ---- */

static void
test_offer_is_shown (Fixture      *self,
                     gconstpointer unused)
{
  UdpnatMessageRow *row;
  g_autofree char *name = NULL;

  hear_offer (self, 1, "report.pdf");
  row = get_row (self);
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (row->text)));
  g_assert_true (gtk_widget_get_mapped (row->file));
  name = udpnat_message_row_dup_file_name (row);
  g_assert_true (g_str_has_prefix (name, "File report.pdf, 8.0"));
}

static void
test_text_after_offer (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatMessageRow *row;

  hear_offer (self, 1, "report.pdf");
  row = get_row (self);
  g_assert_true (udpnat_client_delete (
    self->client, udpnat_history_row_get_item (udpnat_message_row_get_row (row)), FALSE, NULL));
  g_assert_true (udpnat_client_flush (self->client));
  hear_from (self->client, self->bob, udpnat_item_new_text (&(UdpnatMessageId){ .bytes = { 9 } },
                                                            SENT_US, "words"));
  settle (self);
  row = get_row (self);
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (row->text)));
  g_assert_true (row->file == NULL || !gtk_widget_get_visible (row->file));
}

static void
test_decline (Fixture      *self,
              gconstpointer unused)
{
  UdpnatMessageRow *row;
  int height;

  hear_offer (self, 1, "report.pdf");
  row = get_row (self);
  height = gtk_widget_get_height (GTK_WIDGET (row));
  request (row, UDPNAT_FILE_REQUEST_DECLINE);
  g_assert_true (udpnat_client_flush (self->client));
  settle (self);
  g_assert_cmpint (udpnat_transfer_get_state (row->transfer), ==, UDPNAT_TRANSFER_STATE_CANCELLED);
  g_assert_cmpint (gtk_widget_get_height (GTK_WIDGET (row)), ==, height);
}

/* Returns: (nullable): the first button in @widget that can be seen */
static GtkWidget *
find_button (GtkWidget *widget)
{
  GtkWidget *found = NULL;

  if (GTK_IS_BUTTON (widget))
    return gtk_widget_get_mapped (widget) ? widget : NULL;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_button (child);
  return found;
}

/* Whoever uses the keyboard is still where they were. */
static void
test_focus_stays (Fixture      *self,
                  gconstpointer unused)
{
  UdpnatMessageRow *row;
  GtkWidget *focus;

  hear_offer (self, 1, "report.pdf");
  row = get_row (self);
  g_assert_true (gtk_widget_grab_focus (find_button (row->file)));
  request (row, UDPNAT_FILE_REQUEST_ACCEPT);
  focus = gtk_window_get_focus (self->window);
  g_assert_nonnull (focus);
  g_assert_true (gtk_widget_is_ancestor (focus, row->file));
  g_assert_true (gtk_widget_get_visible (focus));
  request (row, UDPNAT_FILE_REQUEST_CANCEL);
  focus = gtk_window_get_focus (self->window);
  g_assert_true (focus == gtk_widget_get_parent (GTK_WIDGET (row)));
}

/* What cannot be done is said, and does nothing. */
static void
failed_cb (UdpnatMessageList *list,
           const char        *sentence,
           char             **said)
{
  g_free (*said);
  *said = g_strdup (sentence);
}

static void
test_pause_too_early (Fixture      *self,
                      gconstpointer unused)
{
  g_autofree char *said = NULL;

  hear_offer (self, 1, "report.pdf");
  g_signal_connect (self->page->list, "failed", G_CALLBACK (failed_cb), &said);
  request (get_row (self), UDPNAT_FILE_REQUEST_PAUSE);
  g_assert_nonnull (said);
  g_assert_cmpint (udpnat_transfer_get_state (get_row (self)->transfer), ==,
                   UDPNAT_TRANSFER_STATE_OFFERED);
}

/* How high the lines are is known before they are seen. */
static void
test_opens_at_its_end (Fixture      *self,
                       gconstpointer unused)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->page->list->scroller);
  double rest;

  for (guint8 i = 1; i <= 12; i++)
    {
      UdpnatMessageId id = make_id (100 + i);

      hear_from (self->client, self->bob, udpnat_item_new_text (&id, SENT_US, "words"));
      hear_offer (self, i, "report.pdf");
    }
  udpnat_conversation_page_set_person (self->page, NULL);
  settle (self);
  udpnat_conversation_page_set_person (self->page, self->bob);
  settle (self);
  settle (self);
  rest = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment) -
         gtk_adjustment_get_value (adjustment);
  g_assert_cmpfloat (rest, <=, 2);
  g_assert_false (gtk_revealer_get_reveal_child (self->page->list->jump_revealer));
}

/* ---- Sending ---- */

static void
not_sent_cb (UdpnatClient *client,
             UdpnatPerson *person,
             const char   *path,
             const char   *words,
             gboolean     *is_told)
{
  *is_told = TRUE;
}

static void
test_missing_file_stays (Fixture      *self,
                         gconstpointer unused)
{
  g_autofree char *path = g_build_filename (self->folder, "none.txt", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (UdpnatAttachment) attachment = udpnat_attachment_new_for_file (file);
  UdpnatComposer *composer = self->page->composer;
  gboolean is_told = FALSE;

  udpnat_conversation_page_set_person (self->page, self->bob);
  g_assert_false (udpnat_composer_check (composer));
  udpnat_attachment_tray_add (composer->tray, attachment);
  g_assert_true (gtk_widget_get_sensitive (composer->send_button));
  g_signal_connect (self->client, "file-not-sent", G_CALLBACK (not_sent_cb), &is_told);
  udpnat_composer_send (composer);
  g_assert_true (udpnat_attachment_is_under_way (attachment));
  g_assert_false (gtk_widget_get_sensitive (composer->send_button));
  while (!is_told)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (udpnat_attachment_is_under_way (attachment));
  g_assert_true (udpnat_composer_has_files (composer));
  g_assert_true (gtk_revealer_get_reveal_child (composer->trouble_revealer));
  g_assert_true (gtk_widget_get_sensitive (composer->send_button));
}

/* ---- How high it is ---- */

typedef struct
{
  UdpnatTransferState state;
  const char         *reason;
  gint64              done;
  gint64              rate;
} Step;

static int
measure (GtkWidget *row)
{
  int height;

  gtk_widget_measure (row, GTK_ORIENTATION_VERTICAL, ROW_WIDTH, &height, NULL, NULL, NULL);
  return height;
}

static void
check_steps (gboolean    is_outgoing,
             const char *type)
{
  static const Step steps[] = {
    { UDPNAT_TRANSFER_STATE_ACCEPTED, NULL, 0, 0 },
    { UDPNAT_TRANSFER_STATE_RUNNING, NULL, 0, 0 },
    { UDPNAT_TRANSFER_STATE_RUNNING, NULL, 310 * MB, 1200000 },
    { UDPNAT_TRANSFER_STATE_FAILED, "corrupt", 310 * MB, 0 },
    { UDPNAT_TRANSFER_STATE_FAILED, "disk-full", 310 * MB, 0 },
    { UDPNAT_TRANSFER_STATE_CANCELLED, "declined", 310 * MB, 0 },
    { UDPNAT_TRANSFER_STATE_DONE, NULL, 800 * MB, 0 },
  };
  g_autoptr (GtkWidget) row = g_object_ref_sink (udpnat_file_row_new ());
  g_autoptr (UdpnatTransfer) transfer = udpnat_transfer_new ("a.bin", 800 * MB, type, is_outgoing);
  int height;

  udpnat_file_row_bind (UDPNAT_FILE_ROW (row), transfer, "Somebody With a Long Name");
  height = measure (row);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      udpnat_transfer_set_state (transfer, steps[i].state, steps[i].reason);
      udpnat_transfer_set_progress (transfer, steps[i].done, steps[i].rate);
      g_assert_cmpint (measure (row), ==, height);
      udpnat_transfer_set_paused (transfer, TRUE, TRUE);
      g_assert_cmpint (measure (row), ==, height);
      udpnat_transfer_set_paused (transfer, FALSE, FALSE);
    }
  udpnat_transfer_set_path (transfer, "/tmp/a.bin");
  g_assert_cmpint (measure (row), ==, height);
}

static void
test_keeps_its_height (void)
{
  check_steps (FALSE, "application/pdf");
  check_steps (TRUE, "application/pdf");
  check_steps (FALSE, "image/png");
  check_steps (TRUE, "image/jpeg");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  adw_init ();
  ADD ("/file-lines/offer/is-a-file-not-a-text", test_offer_is_shown);
  ADD ("/file-lines/offer/a-text-in-its-row-is-a-text", test_text_after_offer);
  ADD ("/file-lines/offer/is-declined-and-stays-as-high", test_decline);
  ADD ("/file-lines/offer/keyboard-stays-in-the-line", test_focus_stays);
  ADD ("/file-lines/offer/what-cannot-be-done-is-said", test_pause_too_early);
  ADD ("/file-lines/list/opens-at-its-end", test_opens_at_its_end);
  ADD ("/file-lines/sending/a-file-that-is-gone-stays-attached", test_missing_file_stays);
  g_test_add_func ("/file-lines/row/is-as-high-in-every-state", test_keeps_its_height);
  return g_test_run ();
}
