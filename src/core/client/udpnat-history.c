/* The window over a conversation. Lines are read from the disk a page at a time; whatever is added
 * at one end is one change of the list, and so is what is dropped at the other: a view keeps its
 * place through each of them. The line above the window is known too, so that the first row never
 * changes its looks (and with it its height) when more is read. */

#include "config.h"

#include "udpnat-history.h"

struct _UdpnatHistory
{
  GObject            parent_instance;

  UdpnatClient      *client;
  UdpnatPerson      *person;
  GPtrArray         *rows;          /* of UdpnatHistoryRow */
  UdpnatHistoryItem *above;         /* nullable: the line above the window */
  UdpnatHistoryItem *below;         /* nullable: the line below it */
  gint64             unread_number; /* first line that is new, 0: none */
};

enum
{
  PROP_0,
  PROP_HAS_OLDER,
  PROP_HAS_NEWER,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint line_added_signal;

static void udpnat_history_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UdpnatHistory, udpnat_history, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      udpnat_history_list_model_init))

/* ---- The list ---- */

static GType
get_item_type (GListModel *list)
{
  return UDPNAT_TYPE_HISTORY_ROW;
}

static guint
get_n_items (GListModel *list)
{
  return UDPNAT_HISTORY (list)->rows->len;
}

static gpointer
get_item (GListModel *list,
          guint       position)
{
  UdpnatHistory *self = UDPNAT_HISTORY (list);

  return position < self->rows->len ? g_object_ref (self->rows->pdata[position]) : NULL;
}

static void
udpnat_history_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static UdpnatHistoryItem *
get_line (UdpnatHistory *self,
          int            position)
{
  if (position < 0)
    return self->above;
  if (position >= (int) self->rows->len)
    return self->below;
  return udpnat_history_row_get_item (self->rows->pdata[position]);
}

/* How the rows from @first to @last stand to their neighbours; both ends may be outside. */
static void
place (UdpnatHistory *self,
       int            first,
       int            last)
{
  for (int i = MAX (first, 0); i <= last && i < (int) self->rows->len; i++)
    udpnat_history_row_place (self->rows->pdata[i], get_line (self, i - 1), get_line (self, i + 1),
                              self->unread_number);
}

static void
set_above (UdpnatHistory     *self,
           UdpnatHistoryItem *line)
{
  gboolean had = self->above != NULL;

  g_set_object (&self->above, line);
  if (had != (line != NULL))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HAS_OLDER]);
}

static void
set_below (UdpnatHistory     *self,
           UdpnatHistoryItem *line)
{
  gboolean had = self->below != NULL;

  g_set_object (&self->below, line);
  if (had != (line != NULL))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HAS_NEWER]);
}

static void
drop_top (UdpnatHistory *self,
          guint          n_rows)
{
  if (n_rows == 0)
    return;
  set_above (self, get_line (self, (int) n_rows - 1));
  g_ptr_array_remove_range (self->rows, 0, n_rows);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_rows, 0);
}

static void
drop_bottom (UdpnatHistory *self,
             guint          n_rows)
{
  guint first = self->rows->len - n_rows;

  if (n_rows == 0)
    return;
  set_below (self, get_line (self, (int) first));
  g_ptr_array_remove_range (self->rows, first, n_rows);
  g_list_model_items_changed (G_LIST_MODEL (self), first, n_rows, 0);
}

/* ---- Reading ---- */

static void
insert_lines (UdpnatHistory *self,
              guint          position,
              GPtrArray     *lines,
              guint          first,
              guint          n_lines)
{
  for (guint i = 0; i < n_lines; i++)
    g_ptr_array_insert (self->rows, (int) (position + i),
                        udpnat_history_row_new (lines->pdata[first + i]));
  place (self, (int) position - 1, (int) (position + n_lines));
}

/**
 * udpnat_history_load_older:
 *
 * Reads some lines more above the window, and drops as many below when it gets too large.
 *
 * Returns: how many rows have come
 */
guint
udpnat_history_load_older (UdpnatHistory *self)
{
  g_autoptr (GPtrArray) lines = NULL;
  gboolean has_more;
  guint n_lines;

  if (self->above == NULL || self->rows->len == 0)
    return 0;
  lines = udpnat_client_dup_page (self->client, self->person,
                                  udpnat_history_row_get_number (self->rows->pdata[0]),
                                  UDPNAT_HISTORY_STEP_ROWS + 1);
  has_more = lines->len > UDPNAT_HISTORY_STEP_ROWS;
  n_lines = lines->len - has_more;
  set_above (self, has_more ? lines->pdata[0] : NULL);
  insert_lines (self, 0, lines, has_more, n_lines);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, n_lines);
  if (self->rows->len > UDPNAT_HISTORY_ROWS_MAX)
    drop_bottom (self, self->rows->len - UDPNAT_HISTORY_ROWS_MAX);
  return n_lines;
}

/** udpnat_history_load_newer: the same, below */
guint
udpnat_history_load_newer (UdpnatHistory *self)
{
  g_autoptr (GPtrArray) lines = NULL;
  guint position = self->rows->len;
  gboolean has_more;
  guint n_lines;

  if (self->below == NULL || position == 0)
    return 0;
  lines = udpnat_client_dup_page_after (self->client, self->person,
                                        udpnat_history_row_get_number
                                          (self->rows->pdata[position - 1]),
                                        UDPNAT_HISTORY_STEP_ROWS + 1);
  has_more = lines->len > UDPNAT_HISTORY_STEP_ROWS;
  n_lines = lines->len - has_more;
  set_below (self, has_more ? lines->pdata[n_lines] : NULL);
  insert_lines (self, position, lines, 0, n_lines);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, n_lines);
  udpnat_history_trim (self);
  return n_lines;
}

/** udpnat_history_trim: drops from above what is too much: for a view that is not near there */
void
udpnat_history_trim (UdpnatHistory *self)
{
  if (self->rows->len > UDPNAT_HISTORY_ROWS_MAX)
    drop_top (self, self->rows->len - UDPNAT_HISTORY_ROWS_MAX);
}

/* Everything anew: @upper and @lower meet in the middle; each may have one line too many, which is
 * not shown. */
static void
replace (UdpnatHistory *self,
         GPtrArray     *upper,
         GPtrArray     *lower)
{
  guint n_before = self->rows->len;
  gboolean has_above = upper->len > UDPNAT_HISTORY_PAGE_ROWS;
  gboolean has_below = lower != NULL && lower->len > UDPNAT_HISTORY_PAGE_ROWS;
  guint n_upper = upper->len - has_above;

  g_ptr_array_set_size (self->rows, 0);
  set_above (self, has_above ? upper->pdata[0] : NULL);
  set_below (self, has_below ? lower->pdata[lower->len - 1] : NULL);
  insert_lines (self, 0, upper, has_above, n_upper);
  if (lower != NULL)
    insert_lines (self, n_upper, lower, 0, lower->len - has_below);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_before, self->rows->len);
}

/** udpnat_history_go_to_end: the window shows the newest lines */
void
udpnat_history_go_to_end (UdpnatHistory *self)
{
  g_autoptr (GPtrArray) lines = udpnat_client_dup_page (self->client, self->person, 0,
                                                        UDPNAT_HISTORY_PAGE_ROWS + 1);

  replace (self, lines, NULL);
}

/**
 * udpnat_history_go_to:
 * @number: of a line of this conversation
 * @out_position: (out): of its row
 *
 * Moves the window so that it shows the line with a page on each side.
 *
 * Returns: whether there is such a line
 */
gboolean
udpnat_history_go_to (UdpnatHistory *self,
                      gint64         number,
                      guint         *out_position)
{
  g_autoptr (GPtrArray) upper = NULL;
  g_autoptr (GPtrArray) lower = NULL;

  if (udpnat_history_find (self, number, out_position))
    return TRUE;
  upper = udpnat_client_dup_page (self->client, self->person, number + 1,
                                  UDPNAT_HISTORY_PAGE_ROWS + 1);
  lower = udpnat_client_dup_page_after (self->client, self->person, number,
                                        UDPNAT_HISTORY_PAGE_ROWS + 1);
  if (upper->len == 0 ||
      udpnat_history_item_get_number (upper->pdata[upper->len - 1]) != number)
    return FALSE;
  replace (self, upper, lower);
  return udpnat_history_find (self, number, out_position);
}

/** udpnat_history_find: Returns: whether the line is in the window, and where */
gboolean
udpnat_history_find (UdpnatHistory *self,
                     gint64         number,
                     guint         *out_position)
{
  guint low = 0;
  guint high = self->rows->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      gint64 found = udpnat_history_row_get_number (self->rows->pdata[middle]);

      if (found == number)
        {
          *out_position = middle;
          return TRUE;
        }
      if (found < number)
        low = middle + 1;
      else
        high = middle;
    }
  return FALSE;
}

/* ---- What happens meanwhile ---- */

static void
item_added_cb (UdpnatClient      *client,
               UdpnatPerson      *person,
               UdpnatHistoryItem *line,
               UdpnatHistory     *self)
{
  UdpnatHistoryRow *row = NULL;
  guint position = self->rows->len;

  if (person != self->person)
    return;
  /* A window that is full because somebody reads above its end lets the newest go by. */
  if (self->below == NULL && position >= UDPNAT_HISTORY_ROWS_MAX + UDPNAT_HISTORY_PAGE_ROWS)
    set_below (self, line);
  if (self->below == NULL)
    {
      row = udpnat_history_row_new (line);
      g_ptr_array_add (self->rows, row);
      place (self, (int) position - 1, (int) position);
      g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
    }
  g_signal_emit (self, line_added_signal, 0, row);
}

static void
item_changed_cb (UdpnatClient      *client,
                 UdpnatPerson      *person,
                 UdpnatHistoryItem *line,
                 UdpnatHistory     *self)
{
  guint position;

  if (person != self->person ||
      !udpnat_history_find (self, udpnat_history_item_get_number (line), &position))
    return;
  udpnat_history_row_update (self->rows->pdata[position], line);
  place (self, (int) position - 1, (int) position + 1);
}

static void
item_removed_cb (UdpnatClient  *client,
                 UdpnatPerson  *person,
                 gint64         number,
                 UdpnatHistory *self)
{
  guint position;

  if (person != self->person)
    return;
  if (number == 0)
    udpnat_history_go_to_end (self);
  else if (udpnat_history_find (self, number, &position))
    {
      g_ptr_array_remove_index (self->rows, position);
      place (self, (int) position - 1, (int) position);
      g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
    }
}

/* ---- New messages ---- */

/** udpnat_history_get_unread: Returns: number of the first line that is new, 0 when none is */
gint64
udpnat_history_get_unread (UdpnatHistory *self)
{
  return self->unread_number;
}

/**
 * udpnat_history_set_unread:
 * @number: of the first line that is new, for nobody looked when it came; 0: nothing is new any
 *   more, for the user has answered
 */
void
udpnat_history_set_unread (UdpnatHistory *self,
                           gint64         number)
{
  if (self->unread_number == number)
    return;
  self->unread_number = number;
  place (self, 0, (int) self->rows->len - 1);
}

static void
find_unread (UdpnatHistory *self)
{
  g_autoptr (GPtrArray) unread = NULL;

  if (udpnat_person_get_unread (self->person) == 0)
    return;
  unread = udpnat_client_dup_unread (self->client, self->person, 1);
  if (unread->len > 0)
    self->unread_number = udpnat_history_item_get_number (unread->pdata[0]);
}

/* ---- Object ---- */

static void
udpnat_history_dispose (GObject *object)
{
  UdpnatHistory *self = UDPNAT_HISTORY (object);

  g_clear_object (&self->client);
  g_clear_object (&self->person);
  g_clear_object (&self->above);
  g_clear_object (&self->below);
  g_ptr_array_set_size (self->rows, 0);
  G_OBJECT_CLASS (udpnat_history_parent_class)->dispose (object);
}

static void
udpnat_history_finalize (GObject *object)
{
  g_ptr_array_unref (UDPNAT_HISTORY (object)->rows);
  G_OBJECT_CLASS (udpnat_history_parent_class)->finalize (object);
}

static void
udpnat_history_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  UdpnatHistory *self = UDPNAT_HISTORY (object);

  switch (prop_id)
    {
    case PROP_HAS_OLDER:
      g_value_set_boolean (value, self->above != NULL);
      break;
    case PROP_HAS_NEWER:
      g_value_set_boolean (value, self->below != NULL);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_history_class_init (UdpnatHistoryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = udpnat_history_dispose;
  object_class->finalize = udpnat_history_finalize;
  object_class->get_property = udpnat_history_get_property;

  properties[PROP_HAS_OLDER] = g_param_spec_boolean ("has-older", NULL, NULL, FALSE, flags);
  properties[PROP_HAS_NEWER] = g_param_spec_boolean ("has-newer", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  line_added_signal = g_signal_new ("line-added", UDPNAT_TYPE_HISTORY, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_HISTORY_ROW);
}

static void
udpnat_history_init (UdpnatHistory *self)
{
  self->rows = g_ptr_array_new_with_free_func (g_object_unref);
}

/** udpnat_history_new: the newest lines of the conversation with @person */
UdpnatHistory *
udpnat_history_new (UdpnatClient *client,
                    UdpnatPerson *person)
{
  UdpnatHistory *self = g_object_new (UDPNAT_TYPE_HISTORY, NULL);

  self->client = g_object_ref (client);
  self->person = g_object_ref (person);
  find_unread (self);
  udpnat_history_go_to_end (self);
  g_signal_connect_object (client, "item-added", G_CALLBACK (item_added_cb), self, 0);
  g_signal_connect_object (client, "item-changed", G_CALLBACK (item_changed_cb), self, 0);
  g_signal_connect_object (client, "item-removed", G_CALLBACK (item_removed_cb), self, 0);
  return self;
}

/** udpnat_history_has_older: whether there are lines above the window */
gboolean
udpnat_history_has_older (UdpnatHistory *self)
{
  return self->above != NULL;
}

/** udpnat_history_has_newer: whether there are lines below the window */
gboolean
udpnat_history_has_newer (UdpnatHistory *self)
{
  return self->below != NULL;
}
