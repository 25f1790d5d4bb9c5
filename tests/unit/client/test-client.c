/* The face of the core without a network: what is said and what comes is on disk before anybody is
 * told, and what people are to us decides what happens to it. What the node would tell is handed in
 * as events. */

#include "config.h"

#include <string.h>

#include "database-log.h"
#include "test-client-fixture.h"

typedef struct
{
  char         *folder;
  UdpnatClient *client;
  UdpnatPerson *bob;      /* borrowed */
  guint         n_added;
  guint         n_commits; /* until the last of these */
  guint         n_changed;
  guint         n_delivered;
  guint         n_requests;
  guint         n_new_keys;
} Fixture;

static void
count (Fixture *self,
       guint   *counter)
{
  (*counter)++;
}

static guint
count_own_commits (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->folder, "udpnat.db", NULL);

  return count_commits (path);
}

static void
added_cb (UdpnatClient      *client,
          UdpnatPerson      *person,
          UdpnatHistoryItem *line,
          Fixture           *self)
{
  count (self, &self->n_added);
  self->n_commits = count_own_commits (self);
}

static void
changed_cb (UdpnatClient      *client,
            UdpnatPerson      *person,
            UdpnatHistoryItem *line,
            Fixture           *self)
{
  count (self, &self->n_changed);
}

static void
delivered_cb (UdpnatClient *client,
              UdpnatPerson *person,
              const char   *id,
              gint64        elapsed_us,
              Fixture      *self)
{
  count (self, &self->n_delivered);
}

static void
request_cb (UdpnatClient *client,
            UdpnatPerson *person,
            Fixture      *self)
{
  count (self, &self->n_requests);
}

static void
new_key_cb (UdpnatClient *client,
            UdpnatPerson *person,
            const char   *key,
            Fixture      *self)
{
  count (self, &self->n_new_keys);
}

static void
open_client (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey key = make_key (1);
  gboolean is_open;

  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  g_signal_connect (self->client, "item-added", G_CALLBACK (added_cb), self);
  g_signal_connect (self->client, "item-changed", G_CALLBACK (changed_cb), self);
  g_signal_connect (self->client, "message-delivered", G_CALLBACK (delivered_cb), self);
  g_signal_connect (self->client, "request-received", G_CALLBACK (request_cb), self);
  g_signal_connect (self->client, "key-changed", G_CALLBACK (new_key_cb), self);
  self->bob = udpnat_client_ensure_person (self->client, &key, "bob");
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-client-XXXXXX", NULL);
  open_client (self);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

static void
reopen (Fixture *self)
{
  g_clear_object (&self->client);
  open_client (self);
}

static void
say (Fixture    *self,
     const char *text)
{
  say_to (self->client, self->bob, text);
}

static void
hear (Fixture    *self,
      UdpnatItem *item)
{
  hear_from (self->client, self->bob, item);
}

static void
hear_text (Fixture    *self,
           guint8      number,
           const char *text)
{
  UdpnatMessageId id = make_id (number);

  hear (self, udpnat_item_new_text (&id, SENT_US, text));
}

static UdpnatHistoryItem *
dup_last (Fixture *self)
{
  g_autoptr (GPtrArray) lines = udpnat_client_dup_page (self->client, self->bob, 0, 1);

  return lines->len > 0 ? g_object_ref (g_ptr_array_index (lines, 0)) : NULL;
}

static guint
count_lines (Fixture *self)
{
  g_autoptr (GPtrArray) lines = udpnat_client_dup_page (self->client, self->bob, 0, 100);

  return lines->len;
}

/* ---- Saying ---- */

static void
test_said_is_on_disk (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (UdpnatHistoryItem) line = NULL;

  say (self, "hello");
  g_assert_cmpuint (self->n_added, ==, 1);
  reopen (self);
  line = dup_last (self);
  g_assert_cmpstr (udpnat_history_item_get_text (line), ==, "hello");
  g_assert_cmpint (udpnat_history_item_get_state (line), ==, UDPNAT_ITEM_STATE_WAITING);
  g_assert_cmpuint (udpnat_client_count_undelivered (self->client), ==, 1);
}

/* Not before it is on disk: a crash would lose here what the other side has. */
static void
test_leaves_after_the_disk (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_client_send (self->client, self->bob, "hello", NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (udpnat_node_count_undelivered (self->client->node), ==, 0);
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpuint (udpnat_node_count_undelivered (self->client->node), ==, 1);
}

/* Whoever left now would leave it to the next start. */
static void
test_not_drained_before_the_disk (Fixture      *self,
                                  gconstpointer unused)
{
  UdpnatPerson *me = udpnat_client_get_self (self->client);
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_client_flush (self->client));
  g_assert_true (udpnat_client_is_drained (self->client));
  g_assert_true (udpnat_client_send (self->client, me, "a note", NULL, NULL, &error));
  g_assert_false (udpnat_client_is_drained (self->client));
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_true (udpnat_client_is_drained (self->client));

  g_assert_true (udpnat_client_send (self->client, self->bob, "hello", NULL, NULL, &error));
  g_assert_false (udpnat_client_is_drained (self->client));
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_false (udpnat_client_is_drained (self->client));
}

/* The disk may answer when the client is already being taken down. */
static void
test_said_at_the_very_end (Fixture      *self,
                           gconstpointer unused)
{
  g_autoptr (UdpnatHistoryItem) line = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_client_send (self->client, self->bob, "bye", NULL, NULL, &error));
  g_assert_no_error (error);
  reopen (self);
  line = dup_last (self);
  g_assert_cmpstr (udpnat_history_item_get_text (line), ==, "bye");
}

static void
test_writing_accepts (Fixture      *self,
                      gconstpointer unused)
{
  g_assert_false (udpnat_person_is_contact (self->bob));
  say (self, "hello");
  g_assert_true (udpnat_person_is_contact (self->bob));
  g_assert_false (udpnat_person_is_mutual (self->bob));
  reopen (self);
  g_assert_true (udpnat_person_is_contact (self->bob));
}

static void
wait_for_line (Fixture *self)
{
  while (self->n_added == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* What is sent waits for the disk once, also to whom nobody has written before. */
static void
test_first_line_is_one_transaction (Fixture      *self,
                                    gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  guint n_before = count_own_commits (self);

  g_assert_true (udpnat_client_send (self->client, self->bob, "hello", NULL, NULL, &error));
  wait_for_line (self);
  g_assert_cmpuint (self->n_commits, ==, n_before + 1);
}

static void
test_bad_text (Fixture      *self,
               gconstpointer unused)
{
  g_autofree char *long_text = g_strnfill (65537, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_false (udpnat_client_send (self->client, self->bob, long_text, NULL, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (udpnat_client_send (self->client, self->bob, "", NULL, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_assert_false (udpnat_person_is_contact (self->bob));
}

static void
note_state (Fixture         *self,
            UdpnatItemState  state)
{
  g_autoptr (UdpnatHistoryItem) line = dup_last (self);
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_DELIVERED,
                                                  udpnat_person_get_key (self->bob), "bob");

  event->id = *udpnat_history_item_get_id (line);
  if (state == UDPNAT_ITEM_STATE_READ)
    udpnat_client_note_read (self->client, event);
  else
    udpnat_client_note_state (self->client, event, state);
  udpnat_event_free (&event->base);
  g_assert_true (udpnat_client_flush (self->client));
}

static void
check_state (Fixture         *self,
             UdpnatItemState  expected)
{
  g_autoptr (UdpnatHistoryItem) line = dup_last (self);

  g_assert_cmpint (udpnat_history_item_get_state (line), ==, expected);
}

static void
test_states (Fixture      *self,
             gconstpointer unused)
{
  say (self, "hello");
  note_state (self, UDPNAT_ITEM_STATE_SENT);
  check_state (self, UDPNAT_ITEM_STATE_SENT);
  note_state (self, UDPNAT_ITEM_STATE_STORED);
  check_state (self, UDPNAT_ITEM_STATE_STORED);
  note_state (self, UDPNAT_ITEM_STATE_DELIVERED);
  check_state (self, UDPNAT_ITEM_STATE_DELIVERED);
  g_assert_cmpuint (self->n_delivered, ==, 1);
  g_assert_cmpuint (udpnat_client_count_waiting (self->client), ==, 0);
  note_state (self, UDPNAT_ITEM_STATE_READ);
  check_state (self, UDPNAT_ITEM_STATE_READ);
  g_assert_cmpuint (self->n_changed, ==, 4);
}

/* When a session ends between receipt and the word that it was read, the latter comes first. */
static void
test_read_before_delivered (Fixture      *self,
                            gconstpointer unused)
{
  say (self, "hello");
  note_state (self, UDPNAT_ITEM_STATE_SENT);
  note_state (self, UDPNAT_ITEM_STATE_READ);
  g_assert_cmpuint (self->n_delivered, ==, 0);
  note_state (self, UDPNAT_ITEM_STATE_DELIVERED);
  g_assert_cmpuint (self->n_delivered, ==, 1);
  check_state (self, UDPNAT_ITEM_STATE_READ);
}

static void
test_note_to_self (Fixture      *self,
                   gconstpointer unused)
{
  self->bob = udpnat_client_get_self (self->client);
  say (self, "buy milk");
  check_state (self, UDPNAT_ITEM_STATE_READ);
  g_assert_cmpuint (udpnat_client_count_waiting (self->client), ==, 0);
}

static void
test_withdrawn (Fixture      *self,
                gconstpointer unused)
{
  g_autoptr (UdpnatHistoryItem) line = NULL;
  g_autoptr (GError) error = NULL;

  say (self, "hello");
  line = dup_last (self);
  g_assert_true (udpnat_client_withdraw (self->client, line, &error));
  g_assert_true (udpnat_client_flush (self->client));
  check_state (self, UDPNAT_ITEM_STATE_FAILED);
  g_assert_cmpuint (udpnat_client_count_waiting (self->client), ==, 0);
  g_assert_cmpuint (udpnat_client_count_undelivered (self->client), ==, 0);
}

static void
test_only_own_lines_change (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (UdpnatHistoryItem) line = NULL;
  g_autoptr (GError) error = NULL;

  udpnat_client_accept (self->client, self->bob);
  hear_text (self, 1, "mine");
  line = dup_last (self);
  g_assert_false (udpnat_client_edit (self->client, line, "yours", &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (udpnat_client_delete (self->client, line, TRUE, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_true (udpnat_client_react (self->client, line, "👍", &error));
  g_assert_true (udpnat_client_delete (self->client, line, FALSE, &error));
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpuint (count_lines (self), ==, 0);
}

/* ---- Hearing ---- */

static void
test_request_told_once (Fixture      *self,
                        gconstpointer unused)
{
  hear_text (self, 1, "hi");
  hear_text (self, 2, "are you there?");
  hear_text (self, 2, "are you there?");
  g_assert_cmpuint (self->n_requests, ==, 1);
  g_assert_cmpuint (self->n_added, ==, 2);
  g_assert_cmpint (udpnat_person_get_relation (self->bob), ==, UDPNAT_RELATION_REQUEST);
  g_assert_cmpuint (udpnat_person_get_unread (self->bob), ==, 2);
}

static void
test_request_answered (Fixture      *self,
                       gconstpointer unused)
{
  hear_text (self, 1, "hi");
  udpnat_client_accept (self->client, self->bob);
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_true (udpnat_person_is_mutual (self->bob));
  /* ACCEPT, and one-time keys */
  g_assert_cmpuint (udpnat_client_count_waiting (self->client), ==, 2);
}

static void
test_declined (Fixture      *self,
               gconstpointer unused)
{
  hear_text (self, 1, "hi");
  udpnat_client_decline (self->client, self->bob);
  hear_text (self, 2, "please");
  g_assert_cmpuint (count_lines (self), ==, 0);
  g_assert_cmpuint (self->n_requests, ==, 1);
}

static void
test_blocked (Fixture      *self,
              gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  hear_text (self, 1, "hi");
  udpnat_client_block (self->client, self->bob);
  hear_text (self, 2, "please");
  g_assert_cmpuint (count_lines (self), ==, 1);
  g_assert_false (udpnat_client_send (self->client, self->bob, "no", NULL, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_BLOCKED);
  udpnat_client_unblock (self->client, self->bob);
  hear_text (self, 3, "sorry");
  g_assert_cmpuint (count_lines (self), ==, 2);
}

static void
test_unblocked_contact (Fixture      *self,
                        gconstpointer unused)
{
  udpnat_client_accept (self->client, self->bob);
  hear_text (self, 1, "hi");
  g_assert_true (udpnat_person_is_mutual (self->bob));
  udpnat_client_block (self->client, self->bob);
  hear_text (self, 2, "please");
  g_assert_cmpuint (count_lines (self), ==, 1);
  reopen (self);
  udpnat_client_unblock (self->client, self->bob);
  g_assert_true (udpnat_person_is_contact (self->bob));
  g_assert_true (udpnat_person_is_mutual (self->bob));
  hear_text (self, 3, "at last");
  g_assert_cmpuint (count_lines (self), ==, 2);
  g_assert_cmpuint (self->n_requests, ==, 0);
}

static void
test_unblocked_stranger (Fixture      *self,
                         gconstpointer unused)
{
  hear_text (self, 1, "hi");
  udpnat_client_block (self->client, self->bob);
  udpnat_client_unblock (self->client, self->bob);
  g_assert_cmpint (udpnat_person_get_relation (self->bob), ==, UDPNAT_RELATION_NONE);
  hear_text (self, 2, "hi again");
  g_assert_cmpint (udpnat_person_get_relation (self->bob), ==, UDPNAT_RELATION_REQUEST);
}

static void
set (Fixture    *self,
     const char *setting,
     const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_client_set_setting (self->client, setting, value, &error));
  g_assert_no_error (error);
}

static void
test_strangers_accepted (Fixture      *self,
                         gconstpointer unused)
{
  set (self, "strangers", "accept");
  hear_text (self, 1, "hi");
  g_assert_true (udpnat_person_is_contact (self->bob));
  g_assert_cmpuint (self->n_requests, ==, 0);
  g_assert_cmpuint (count_lines (self), ==, 1);
}

/* All that a handshake with a first message brings: what is shown has waited for the disk once. */
static void
test_accepted_is_one_transaction (Fixture      *self,
                                  gconstpointer unused)
{
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_ITEM,
                                                  udpnat_person_get_key (self->bob), "bob");
  guint8 timestamp[12] = { 1 };
  guint n_before;

  set (self, "strangers", "accept");
  g_assert_true (udpnat_client_flush (self->client));
  n_before = count_own_commits (self);
  event->id = make_id (1);
  event->item = udpnat_item_new_text (&event->id, SENT_US, "hi");
  udpnat_store_set_timestamp (self->client->store, &event->key, timestamp);
  udpnat_client_receive (self->client, event);
  udpnat_event_free (&event->base);
  g_assert_true (udpnat_person_is_contact (self->bob));
  wait_for_line (self);
  g_assert_cmpuint (self->n_commits, ==, n_before + 1);
  g_assert_true (udpnat_client_flush (self->client));
  /* ACCEPT, and one-time keys */
  g_assert_cmpuint (udpnat_client_count_waiting (self->client), ==, 2);
}

/* Whose request is on its way to the disk is answered, and what the disk refuses of it is known
 * before they are let in. */
static void
test_accepted_while_they_ask (Fixture      *self,
                              gconstpointer unused)
{
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_ITEM,
                                                  udpnat_person_get_key (self->bob), "bob");

  event->id = make_id (1);
  event->item = udpnat_item_new_text (&event->id, SENT_US, "hi");
  udpnat_client_receive (self->client, event);
  udpnat_event_free (&event->base);
  g_assert_cmpint (udpnat_person_get_relation (self->bob), ==, UDPNAT_RELATION_NONE);
  udpnat_client_accept (self->client, self->bob);
  g_assert_cmpuint (self->n_requests, ==, 1);
  g_assert_cmpuint (self->n_added, ==, 1);
  g_assert_true (udpnat_client_flush (self->client));
  /* ACCEPT, and one-time keys */
  g_assert_cmpuint (udpnat_client_count_waiting (self->client), ==, 2);
}

static void
test_strangers_refused (Fixture      *self,
                        gconstpointer unused)
{
  set (self, "strangers", "refuse");
  hear_text (self, 1, "hi");
  g_assert_cmpint (udpnat_person_get_relation (self->bob), ==, UDPNAT_RELATION_NONE);
  g_assert_cmpuint (count_lines (self), ==, 0);
}

static void
test_profile_of_contact (Fixture      *self,
                         gconstpointer unused)
{
  UdpnatMessageId id = make_id (1);

  udpnat_client_accept (self->client, self->bob);
  hear (self, udpnat_item_new_profile (&id, SENT_US, "Gone fishing", NULL));
  g_assert_cmpstr (udpnat_person_get_status (self->bob), ==, "Gone fishing");
  g_assert_true (udpnat_person_is_mutual (self->bob));
}

static void
test_person_by_key (Fixture      *self,
                    gconstpointer unused)
{
  g_autofree char *own = udpnat_client_dup_key_text (self->client);
  const char *key_text = udpnat_person_get_key_text (self->bob);

  g_assert_true (udpnat_client_get_person_by_key (self->client, key_text) == self->bob);
  g_assert_null (udpnat_client_get_person_by_key (self->client, "bob"));
  g_assert_null (udpnat_client_get_person_by_key (self->client, own));
}

static void
test_forgotten (Fixture      *self,
                gconstpointer unused)
{
  say (self, "hello");
  hear_text (self, 1, "hi");
  udpnat_client_forget (self->client, self->bob);
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpuint (count_lines (self), ==, 0);
  g_assert_cmpint (udpnat_person_get_relation (self->bob), ==, UDPNAT_RELATION_NONE);
  g_assert_cmpuint (udpnat_client_count_undelivered (self->client), ==, 0);
  reopen (self);
  g_assert_cmpint (udpnat_person_get_relation (self->bob), ==, UDPNAT_RELATION_NONE);
}

/* ---- People ---- */

static void
tell_new_key (Fixture *self)
{
  UdpnatPublicKey key = make_key (2);
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_KEY_CHANGED, &key, "bob");

  udpnat_client_handle_new_key (self->client, event);
  udpnat_event_free (&event->base);
}

static void
test_new_key (Fixture      *self,
              gconstpointer unused)
{
  UdpnatPerson *renewed;

  say (self, "hello");
  udpnat_client_set_verified (self->client, self->bob, TRUE);
  tell_new_key (self);
  tell_new_key (self);
  g_assert_cmpuint (self->n_new_keys, ==, 1);
  g_assert_true (udpnat_client_get_person (self->client, "bob") == self->bob);

  renewed = udpnat_client_accept_new_key (self->client, self->bob);
  g_assert_true (udpnat_client_get_person (self->client, "Bob") == renewed);
  g_assert_true (udpnat_person_is_contact (renewed));
  g_assert_false (udpnat_person_is_verified (renewed));
  g_assert_cmpstr (udpnat_person_get_title (self->bob), ==, "bob (old key)");
  g_assert_null (udpnat_person_get_new_key (self->bob));
  g_assert_cmpuint (count_lines (self), ==, 1);
}

static void
test_nickname (Fixture      *self,
               gconstpointer unused)
{
  say (self, "hello");
  udpnat_client_set_nickname (self->client, self->bob, "Robert");
  g_assert_true (udpnat_client_flush (self->client));
  reopen (self);
  g_assert_cmpstr (udpnat_person_get_title (self->bob), ==, "Robert");
  g_assert_true (udpnat_client_get_person (self->client, "robert") == self->bob);
  g_assert_true (udpnat_client_get_person (self->client, "bob") == self->bob);
}

static void
test_link (Fixture      *self,
           gconstpointer unused)
{
  UdpnatPublicKey key = make_key (3);
  char key_text[UDPNAT_KEY_TEXT_BYTES];
  g_autofree char *link = NULL;
  g_autofree char *other = NULL;
  g_autoptr (GError) error = NULL;
  UdpnatPerson *carol;

  link = g_strdup_printf ("udpnat:carol@vps.example?key=%s",
                          udpnat_public_key_to_string (&key, key_text));
  carol = udpnat_client_add_link (self->client, link, &error);
  g_assert_no_error (error);
  g_assert_true (udpnat_person_is_contact (carol));
  g_assert_cmpstr (udpnat_person_get_name (carol), ==, "carol@vps.example");
  g_assert_cmpstr (udpnat_person_get_contact (carol)->server, ==, "vps.example");
  /* another key for the same name is not taken quietly */
  key = make_key (4);
  other = g_strdup_printf ("udpnat:carol@VPS.example:8848?key=%s",
                           udpnat_public_key_to_string (&key, key_text));
  g_assert_null (udpnat_client_add_link (self->client, other, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (udpnat_client_add_link (self->client, "udpnat:dave", &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_clear_pointer (&link, g_free);
  /* at the server that is our own it is a plain name */
  udpnat_client_note_server (self->client, "vps.example", UDPNAT_SERVER_PORT);
  link = g_strdup_printf ("udpnat:erin@vps.example?key=%s",
                          udpnat_public_key_to_string (&key, key_text));
  g_clear_error (&error);
  g_assert_cmpstr (udpnat_person_get_name (udpnat_client_add_link (self->client, link, &error)), ==,
                   "erin");
  g_assert_no_error (error);
}

static void
test_bad_setting (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;

  g_assert_false (udpnat_client_set_setting (self->client, "strangers", "maybe", &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (udpnat_client_set_setting (self->client, "colour", "red", &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  value = udpnat_client_dup_setting (self->client, "strangers");
  g_assert_cmpstr (value, ==, "ask");
}

#define ADD(path, function) \
  g_test_add ("/client/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("say/on-disk-before-it-is-told", test_said_is_on_disk);
  ADD ("say/leaves-when-it-is-on-disk", test_leaves_after_the_disk);
  ADD ("say/not-drained-before-it-is-on-disk", test_not_drained_before_the_disk);
  ADD ("say/kept-at-the-very-end", test_said_at_the_very_end);
  ADD ("say/writing-accepts", test_writing_accepts);
  ADD ("say/first-line-is-one-transaction", test_first_line_is_one_transaction);
  ADD ("say/bad-text-refused", test_bad_text);
  ADD ("say/states-are-told", test_states);
  ADD ("say/read-may-overtake-delivered", test_read_before_delivered);
  ADD ("say/note-to-self", test_note_to_self);
  ADD ("say/withdrawn", test_withdrawn);
  ADD ("say/only-own-lines-change", test_only_own_lines_change);
  ADD ("hear/request-told-once", test_request_told_once);
  ADD ("hear/request-answered", test_request_answered);
  ADD ("hear/declined-says-nothing-more", test_declined);
  ADD ("hear/blocked-says-nothing-more", test_blocked);
  ADD ("hear/unblocked-contact-is-one-again", test_unblocked_contact);
  ADD ("hear/unblocked-stranger-may-ask", test_unblocked_stranger);
  ADD ("hear/strangers-accepted", test_strangers_accepted);
  ADD ("hear/accepted-is-one-transaction", test_accepted_is_one_transaction);
  ADD ("hear/accepted-while-they-ask", test_accepted_while_they_ask);
  ADD ("hear/strangers-refused", test_strangers_refused);
  ADD ("hear/profile-of-a-contact", test_profile_of_contact);
  ADD ("people/found-by-key", test_person_by_key);
  ADD ("people/forgotten-wholly", test_forgotten);
  ADD ("people/new-key-is-the-users-to-take", test_new_key);
  ADD ("people/nickname", test_nickname);
  ADD ("people/link", test_link);
  ADD ("settings/bad-ones-refused", test_bad_setting);
  return g_test_run ();
}
