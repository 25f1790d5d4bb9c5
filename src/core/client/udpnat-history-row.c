/* One row of a conversation as views see it. What somebody says within a minute belongs together:
 * it is shown under one name and one time, as long as it has come equally far. */

#include "config.h"

#include "udpnat-history-row.h"

#include "udpnat-local-time.h"

struct _UdpnatHistoryRow
{
  GObject            parent_instance;

  UdpnatHistoryItem *item;
  gboolean           starts_day;
  gboolean           starts_group;
  gboolean           ends_group;
  gboolean           starts_unread;
};

enum
{
  PROP_0,
  PROP_ITEM,
  PROP_STARTS_DAY,
  PROP_STARTS_GROUP,
  PROP_ENDS_GROUP,
  PROP_STARTS_UNREAD,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatHistoryRow, udpnat_history_row, G_TYPE_OBJECT)

static void
udpnat_history_row_dispose (GObject *object)
{
  UdpnatHistoryRow *self = UDPNAT_HISTORY_ROW (object);

  g_clear_object (&self->item);
  G_OBJECT_CLASS (udpnat_history_row_parent_class)->dispose (object);
}

static void
udpnat_history_row_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  UdpnatHistoryRow *self = UDPNAT_HISTORY_ROW (object);

  switch (prop_id)
    {
    case PROP_ITEM:
      g_value_set_object (value, self->item);
      break;
    case PROP_STARTS_DAY:
      g_value_set_boolean (value, self->starts_day);
      break;
    case PROP_STARTS_GROUP:
      g_value_set_boolean (value, self->starts_group);
      break;
    case PROP_ENDS_GROUP:
      g_value_set_boolean (value, self->ends_group);
      break;
    case PROP_STARTS_UNREAD:
      g_value_set_boolean (value, self->starts_unread);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_history_row_class_init (UdpnatHistoryRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = udpnat_history_row_dispose;
  object_class->get_property = udpnat_history_row_get_property;

  properties[PROP_ITEM] = g_param_spec_object ("item", NULL, NULL, UDPNAT_TYPE_HISTORY_ITEM, flags);
  properties[PROP_STARTS_DAY] = g_param_spec_boolean ("starts-day", NULL, NULL, FALSE, flags);
  properties[PROP_STARTS_GROUP] = g_param_spec_boolean ("starts-group", NULL, NULL, FALSE, flags);
  properties[PROP_ENDS_GROUP] = g_param_spec_boolean ("ends-group", NULL, NULL, FALSE, flags);
  properties[PROP_STARTS_UNREAD] = g_param_spec_boolean ("starts-unread", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_history_row_init (UdpnatHistoryRow *self)
{
}

UdpnatHistoryRow *
udpnat_history_row_new (UdpnatHistoryItem *item)
{
  UdpnatHistoryRow *self = g_object_new (UDPNAT_TYPE_HISTORY_ROW, NULL);

  self->item = g_object_ref (item);
  return self;
}

UdpnatHistoryItem *
udpnat_history_row_get_item (UdpnatHistoryRow *self)
{
  return self->item;
}

/** udpnat_history_row_get_number: see udpnat_history_item_get_number() */
gint64
udpnat_history_row_get_number (UdpnatHistoryRow *self)
{
  return udpnat_history_item_get_number (self->item);
}

/** udpnat_history_row_starts_day: whether the line above is of another day, or there is none */
gboolean
udpnat_history_row_starts_day (UdpnatHistoryRow *self)
{
  return self->starts_day;
}

/** udpnat_history_row_starts_group: whether the line above is not of the same minute and sender */
gboolean
udpnat_history_row_starts_group (UdpnatHistoryRow *self)
{
  return self->starts_group;
}

/** udpnat_history_row_ends_group: whether time and state belong below this line */
gboolean
udpnat_history_row_ends_group (UdpnatHistoryRow *self)
{
  return self->ends_group;
}

/** udpnat_history_row_starts_unread: whether the line "new messages" belongs above it */
gboolean
udpnat_history_row_starts_unread (UdpnatHistoryRow *self)
{
  return self->starts_unread;
}

/** udpnat_history_row_update: @newer: the same line, read later */
void
udpnat_history_row_update (UdpnatHistoryRow  *self,
                           UdpnatHistoryItem *newer)
{
  udpnat_history_item_update (self->item, newer);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ITEM]);
}

static gboolean
is_same_day (UdpnatHistoryItem *a,
             UdpnatHistoryItem *b)
{
  gint64 a_us = udpnat_history_item_get_shown_us (a);
  gint64 b_us = udpnat_history_item_get_shown_us (b);
  g_autoptr (GDateTime) a_time = udpnat_local_time_new (a_us);
  g_autoptr (GDateTime) b_time = udpnat_local_time_new (b_us);

  return a_time != NULL && b_time != NULL &&
         g_date_time_get_year (a_time) == g_date_time_get_year (b_time) &&
         g_date_time_get_day_of_year (a_time) == g_date_time_get_day_of_year (b_time);
}

static gboolean
is_one_group (UdpnatHistoryItem *a,
              UdpnatHistoryItem *b)
{
  return udpnat_history_item_is_outgoing (a) == udpnat_history_item_is_outgoing (b) &&
         udpnat_history_item_get_shown_us (a) / (60 * G_USEC_PER_SEC) ==
           udpnat_history_item_get_shown_us (b) / (60 * G_USEC_PER_SEC) &&
         is_same_day (a, b);
}

static void
set_flag (UdpnatHistoryRow *self,
          gboolean         *flag,
          gboolean          value,
          guint             property)
{
  if (*flag == value)
    return;
  *flag = value;
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/**
 * udpnat_history_row_place:
 * @previous: (nullable): the line above
 * @next: (nullable): the line below
 * @unread_number: the first line that was new when the conversation was opened, 0: none
 */
void
udpnat_history_row_place (UdpnatHistoryRow  *self,
                          UdpnatHistoryItem *previous,
                          UdpnatHistoryItem *next,
                          gint64             unread_number)
{
  gboolean starts_day = previous == NULL || !is_same_day (previous, self->item);
  gboolean starts_unread = unread_number != 0 &&
                           udpnat_history_item_get_number (self->item) == unread_number;
  gboolean goes_on = next != NULL && is_one_group (self->item, next) &&
                     udpnat_history_item_get_number (next) != unread_number &&
                     udpnat_history_item_get_state (self->item) ==
                       udpnat_history_item_get_state (next);

  set_flag (self, &self->starts_day, starts_day, PROP_STARTS_DAY);
  set_flag (self, &self->starts_unread, starts_unread, PROP_STARTS_UNREAD);
  set_flag (self, &self->starts_group,
            starts_day || starts_unread || !is_one_group (previous, self->item),
            PROP_STARTS_GROUP);
  set_flag (self, &self->ends_group, !goes_on, PROP_ENDS_GROUP);
}
