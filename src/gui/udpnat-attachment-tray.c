/* Attachments as chips: a small picture, the name, the size, and a button that takes them away. */

#include "config.h"

#include "udpnat-attachment-tray.h"

#include <glib/gi18n.h>

/* More than these nobody means to give at once. */
#define ATTACHMENTS_MAX 50
#define THUMBNAIL_SIZE 32

struct _UdpnatAttachmentTray
{
  AdwBin       parent_instance;

  GtkRevealer *revealer;
  GtkFlowBox  *chips;

  GHashTable  *all;     /* key of a person -> GListStore of UdpnatAttachment */
  GListStore  *shown;   /* nullable, borrowed: of the person who is written to */
};

static guint changed_signal;
static guint removed_signal;

G_DEFINE_FINAL_TYPE (UdpnatAttachmentTray, udpnat_attachment_tray, ADW_TYPE_BIN)

static void
remove_cb (GtkButton            *button,
           UdpnatAttachmentTray *self)
{
  UdpnatAttachment *attachment = g_object_get_data (G_OBJECT (button), "attachment");
  guint position;

  if (self->shown == NULL || !g_list_store_find (self->shown, attachment, &position))
    return;
  g_object_ref (attachment);
  g_list_store_remove (self->shown, position);
  g_signal_emit (self, removed_signal, 0, attachment);
  g_object_unref (attachment);
}

static GtkWidget *
create_picture (UdpnatAttachment *attachment)
{
  GtkWidget *stack = gtk_overlay_new ();
  GtkWidget *icon = gtk_image_new ();
  GtkWidget *thumbnail = gtk_image_new ();

  gtk_image_set_pixel_size (GTK_IMAGE (icon), THUMBNAIL_SIZE / 2);
  gtk_image_set_pixel_size (GTK_IMAGE (thumbnail), THUMBNAIL_SIZE);
  gtk_widget_set_size_request (icon, THUMBNAIL_SIZE, THUMBNAIL_SIZE);
  g_object_bind_property (attachment, "icon", icon, "gicon", G_BINDING_SYNC_CREATE);
  g_object_bind_property (attachment, "thumbnail", thumbnail, "paintable", G_BINDING_SYNC_CREATE);
  gtk_overlay_set_child (GTK_OVERLAY (stack), icon);
  gtk_overlay_add_overlay (GTK_OVERLAY (stack), thumbnail);
  return stack;
}

/* Why it was not sent stands in words above the box; here it is marked, and said when asked. */
static void
show_trouble (UdpnatAttachment *attachment,
              GParamSpec       *pspec,
              GtkWidget        *detail)
{
  g_autofree char *trouble = NULL;

  g_object_get (attachment, "trouble", &trouble, NULL);
  if (trouble != NULL)
    {
      gtk_widget_add_css_class (detail, "error");
      gtk_widget_remove_css_class (detail, "dim-label");
    }
  else
    {
      gtk_widget_remove_css_class (detail, "error");
      gtk_widget_add_css_class (detail, "dim-label");
    }
  gtk_widget_set_tooltip_text (detail, trouble);
}

static GtkWidget *
create_words (UdpnatAttachment *attachment)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *name = gtk_label_new (NULL);
  GtkWidget *detail = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (name), 18);
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_xalign (GTK_LABEL (detail), 0);
  gtk_widget_add_css_class (detail, "caption");
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_widget_set_hexpand (box, TRUE);
  g_object_bind_property (attachment, "name", name, "label", G_BINDING_SYNC_CREATE);
  g_object_bind_property (attachment, "name", name, "tooltip-text", G_BINDING_SYNC_CREATE);
  g_object_bind_property (attachment, "detail", detail, "label", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (attachment, "notify::trouble", G_CALLBACK (show_trouble), detail, 0);
  show_trouble (attachment, NULL, detail);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), detail);
  return box;
}

static GtkWidget *
create_remove_button (UdpnatAttachmentTray *self,
                      UdpnatAttachment     *attachment)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("window-close-symbolic");
  g_autofree char *name = g_strdup_printf (_("Remove %s"), udpnat_attachment_get_name (attachment));

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "circular");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_object_set_data_full (G_OBJECT (button), "attachment", g_object_ref (attachment),
                          g_object_unref);
  g_signal_connect_object (button, "clicked", G_CALLBACK (remove_cb), self, 0);
  return button;
}

static GtkWidget *
create_chip (gpointer item,
             gpointer user_data)
{
  UdpnatAttachment *attachment = item;
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *chip = gtk_flow_box_child_new ();

  gtk_box_append (GTK_BOX (box), create_picture (attachment));
  gtk_box_append (GTK_BOX (box), create_words (attachment));
  gtk_box_append (GTK_BOX (box), create_remove_button (user_data, attachment));
  gtk_flow_box_child_set_child (GTK_FLOW_BOX_CHILD (chip), box);
  gtk_widget_add_css_class (chip, "chip");
  gtk_widget_set_focusable (chip, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (chip), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  udpnat_attachment_get_name (attachment), -1);
  return chip;
}

static void
reveal (UdpnatAttachmentTray *self)
{
  gtk_revealer_set_reveal_child (self->revealer,
                                 self->shown != NULL &&
                                   g_list_model_get_n_items (G_LIST_MODEL (self->shown)) > 0);
  g_signal_emit (self, changed_signal, 0);
}

static GListStore *
ensure_list (UdpnatAttachmentTray *self,
             const char           *key_text)
{
  GListStore *list = g_hash_table_lookup (self->all, key_text);

  if (list != NULL)
    return list;
  list = g_list_store_new (UDPNAT_TYPE_ATTACHMENT);
  g_signal_connect_object (list, "items-changed", G_CALLBACK (reveal), self, G_CONNECT_SWAPPED);
  g_hash_table_insert (self->all, g_strdup (key_text), list);
  return list;
}

/** udpnat_attachment_tray_set_key: @key_text: (nullable): who is written to */
void
udpnat_attachment_tray_set_key (UdpnatAttachmentTray *self,
                                const char           *key_text)
{
  self->shown = key_text != NULL ? ensure_list (self, key_text) : NULL;
  gtk_flow_box_bind_model (self->chips, G_LIST_MODEL (self->shown), create_chip, self, NULL);
  reveal (self);
}

static void
under_way_cb (UdpnatAttachmentTray *self)
{
  g_signal_emit (self, changed_signal, 0);
}

/** udpnat_attachment_tray_add: for the person who is written to */
void
udpnat_attachment_tray_add (UdpnatAttachmentTray *self,
                            UdpnatAttachment     *attachment)
{
  if (self->shown != NULL &&
      g_list_model_get_n_items (G_LIST_MODEL (self->shown)) < ATTACHMENTS_MAX)
    {
      g_signal_connect_object (attachment, "notify::under-way", G_CALLBACK (under_way_cb), self,
                               G_CONNECT_SWAPPED);
      g_list_store_append (self->shown, attachment);
    }
}

/**
 * udpnat_attachment_tray_dup_waiting:
 *
 * Returns: (transfer full) (element-type UdpnatAttachment): those for the person who is written to
 *   that are not under way
 */
GPtrArray *
udpnat_attachment_tray_dup_waiting (UdpnatAttachmentTray *self)
{
  GPtrArray *waiting = g_ptr_array_new_with_free_func (g_object_unref);
  GListModel *model = G_LIST_MODEL (self->shown);

  for (guint i = 0; model != NULL && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (UdpnatAttachment) attachment = g_list_model_get_item (model, i);

      if (!udpnat_attachment_is_under_way (attachment))
        g_ptr_array_add (waiting, g_steal_pointer (&attachment));
    }
  return waiting;
}

/**
 * udpnat_attachment_tray_find:
 * @key_text: for whom it is
 * @path: (nullable): of its file; %NULL: any
 *
 * Returns: (transfer none) (nullable): the first one that is under way
 */
UdpnatAttachment *
udpnat_attachment_tray_find (UdpnatAttachmentTray *self,
                             const char           *key_text,
                             const char           *path)
{
  GListModel *model = g_hash_table_lookup (self->all, key_text);

  for (guint i = 0; model != NULL && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (UdpnatAttachment) attachment = g_list_model_get_item (model, i);

      if (udpnat_attachment_is_under_way (attachment) &&
          (path == NULL || g_strcmp0 (udpnat_attachment_get_path (attachment), path) == 0))
        return attachment; /* the list holds it */
    }
  return NULL;
}

/** udpnat_attachment_tray_has: whether @attachment is still there, for the person with @key_text */
gboolean
udpnat_attachment_tray_has (UdpnatAttachmentTray *self,
                            const char           *key_text,
                            UdpnatAttachment     *attachment)
{
  GListStore *list = g_hash_table_lookup (self->all, key_text);

  return list != NULL && g_list_store_find (list, attachment, NULL);
}

/** udpnat_attachment_tray_count_under_way: Returns: for whomever they are */
guint
udpnat_attachment_tray_count_under_way (UdpnatAttachmentTray *self)
{
  guint n_under_way = 0;
  GHashTableIter iter;
  gpointer list;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &list))
    for (guint i = 0; i < g_list_model_get_n_items (list); i++)
      {
        g_autoptr (UdpnatAttachment) attachment = g_list_model_get_item (list, i);

        n_under_way += udpnat_attachment_is_under_way (attachment);
      }
  return n_under_way;
}

/** udpnat_attachment_tray_remove: @attachment: for the person with @key_text; it is offered */
void
udpnat_attachment_tray_remove (UdpnatAttachmentTray *self,
                               const char           *key_text,
                               UdpnatAttachment     *attachment)
{
  GListStore *list = g_hash_table_lookup (self->all, key_text);
  guint position;

  if (list != NULL && g_list_store_find (list, attachment, &position))
    g_list_store_remove (list, position);
}

static void
udpnat_attachment_tray_dispose (GObject *object)
{
  UdpnatAttachmentTray *self = UDPNAT_ATTACHMENT_TRAY (object);

  self->shown = NULL;
  g_clear_pointer (&self->all, g_hash_table_unref);
  G_OBJECT_CLASS (udpnat_attachment_tray_parent_class)->dispose (object);
}

static void
udpnat_attachment_tray_class_init (UdpnatAttachmentTrayClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_attachment_tray_dispose;
  changed_signal = g_signal_new ("changed", UDPNAT_TYPE_ATTACHMENT_TRAY, G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
  removed_signal = g_signal_new ("removed", UDPNAT_TYPE_ATTACHMENT_TRAY, G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_ATTACHMENT);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-attachment-tray.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatAttachmentTray, revealer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatAttachmentTray, chips);
}

static void
udpnat_attachment_tray_init (UdpnatAttachmentTray *self)
{
  self->all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  gtk_widget_init_template (GTK_WIDGET (self));
}
