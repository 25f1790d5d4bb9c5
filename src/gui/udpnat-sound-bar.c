#include "config.h"

#include "udpnat-sound-bar.h"

#include <glib/gi18n.h>

struct _UdpnatSoundBar
{
  GtkBox          parent_instance;

  GtkButton      *button;
  GtkScale       *scale;
  GtkAdjustment  *position;
  GtkLabel       *words;

  char           *path;    /* nullable: there is nothing to be heard yet */
  GtkMediaStream *stream;  /* nullable: nobody has wanted to hear it */
  GSignalGroup   *stream_signals;
};

G_DEFINE_FINAL_TYPE (UdpnatSoundBar, udpnat_sound_bar, GTK_TYPE_BOX)

static GtkMediaStream *playing; /* (nullable): the one that plays, of all bars */

/* ---- How it stands ---- */

static char *
format_time (gint64 time_us)
{
  gint64 seconds = MAX (time_us, 0) / G_USEC_PER_SEC;

  if (seconds >= 3600)
    return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d", seconds / 3600,
                            (int) (seconds / 60 % 60), (int) (seconds % 60));
  return g_strdup_printf ("%d:%02d", (int) (seconds / 60), (int) (seconds % 60));
}

static void
show_button (UdpnatSoundBar *self)
{
  gboolean is_playing = self->stream != NULL && gtk_media_stream_get_playing (self->stream);
  const char *label = is_playing ? C_("sound", "Pause") : C_("sound", "Play");

  gtk_button_set_icon_name (self->button, is_playing ? "media-playback-pause-symbolic"
                                                     : "media-playback-start-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->button), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  label, -1);
}

static void
show_position (UdpnatSoundBar *self)
{
  gint64 now_us = self->stream != NULL ? gtk_media_stream_get_timestamp (self->stream) : 0;
  gint64 all_us = self->stream != NULL ? gtk_media_stream_get_duration (self->stream) : 0;
  g_autofree char *now = format_time (now_us);
  g_autofree char *all = format_time (all_us);
  g_autofree char *words = NULL;

  if (all_us > 0)
    /* Translators: where a sound is, and how long it takes: 0:07 / 1:30 */
    words = g_strdup_printf (_("%s / %s"), now, all);
  gtk_adjustment_set_upper (self->position, (double) MAX (all_us, 0) / G_USEC_PER_SEC);
  gtk_adjustment_set_value (self->position, (double) now_us / G_USEC_PER_SEC);
  gtk_label_set_text (self->words, words != NULL ? words : "");
}

static void
show_error (UdpnatSoundBar *self)
{
  const GError *error = self->stream != NULL ? gtk_media_stream_get_error (self->stream) : NULL;

  gtk_widget_set_sensitive (GTK_WIDGET (self->button), self->path != NULL && error == NULL);
  gtk_widget_set_sensitive (GTK_WIDGET (self->scale),
                            self->stream != NULL && error == NULL &&
                              gtk_media_stream_is_seekable (self->stream));
  gtk_widget_set_visible (GTK_WIDGET (self->scale), error == NULL);
  gtk_widget_set_hexpand (GTK_WIDGET (self->words), error != NULL);
  gtk_label_set_xalign (self->words, error != NULL ? 0 : 1);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->words), error != NULL ? error->message : NULL);
  if (error != NULL)
    gtk_label_set_text (self->words, _("It cannot be played here. Open it."));
}

static void
refresh (UdpnatSoundBar *self)
{
  show_button (self);
  show_position (self);
  show_error (self);
}

/* ---- Playing ---- */

static void
stop_other (GtkMediaStream *stream)
{
  if (playing != NULL && playing != stream)
    gtk_media_stream_pause (playing);
  g_set_weak_pointer (&playing, stream);
}

static void
drop_stream (UdpnatSoundBar *self)
{
  g_signal_group_set_target (self->stream_signals, NULL);
  if (self->stream != NULL)
    gtk_media_stream_pause (self->stream);
  g_clear_object (&self->stream);
}

/* To be heard again from its beginning. */
static void
follow_end (UdpnatSoundBar *self)
{
  if (gtk_media_stream_get_ended (self->stream) && gtk_media_stream_is_seekable (self->stream))
    gtk_media_stream_seek (self->stream, 0);
}

static void
clicked_cb (UdpnatSoundBar *self)
{
  if (self->stream == NULL)
    {
      self->stream = gtk_media_file_new_for_filename (self->path);
      g_signal_group_set_target (self->stream_signals, self->stream);
    }
  if (gtk_media_stream_get_playing (self->stream))
    gtk_media_stream_pause (self->stream);
  else
    {
      stop_other (self->stream);
      gtk_media_stream_play (self->stream);
    }
  refresh (self);
}

static gboolean
moved_cb (UdpnatSoundBar *self,
          GtkScrollType   scroll,
          double          value)
{
  double last = gtk_adjustment_get_upper (self->position);

  if (self->stream != NULL && gtk_media_stream_is_seekable (self->stream))
    gtk_media_stream_seek (self->stream, (gint64) (CLAMP (value, 0, last) * G_USEC_PER_SEC));
  return GDK_EVENT_STOP; /* it moves when the sound has */
}

/**
 * udpnat_sound_bar_set_file:
 * @path: (nullable): where it is, when it is there; what plays of the same file plays on
 * @name: what is read out with the buttons
 */
void
udpnat_sound_bar_set_file (UdpnatSoundBar *self,
                           const char     *path,
                           const char     *name)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, name, -1);
  if (g_strcmp0 (path, self->path) == 0)
    return;
  drop_stream (self);
  g_free (self->path);
  self->path = g_strdup (path);
  refresh (self);
}

/* ---- Object ---- */

/* What is not to be seen any more is not to be heard. */
static void
udpnat_sound_bar_unmap (GtkWidget *widget)
{
  UdpnatSoundBar *self = UDPNAT_SOUND_BAR (widget);

  if (self->stream != NULL)
    gtk_media_stream_pause (self->stream);
  GTK_WIDGET_CLASS (udpnat_sound_bar_parent_class)->unmap (widget);
}

static void
udpnat_sound_bar_dispose (GObject *object)
{
  UdpnatSoundBar *self = UDPNAT_SOUND_BAR (object);

  if (self->stream_signals != NULL)
    drop_stream (self);
  g_clear_object (&self->stream_signals);
  g_clear_pointer (&self->path, g_free);
  G_OBJECT_CLASS (udpnat_sound_bar_parent_class)->dispose (object);
}

static void
udpnat_sound_bar_class_init (UdpnatSoundBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_sound_bar_dispose;
  widget_class->unmap = udpnat_sound_bar_unmap;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-sound-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatSoundBar, button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSoundBar, scale);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSoundBar, position);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSoundBar, words);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, moved_cb);
}

static void
udpnat_sound_bar_init (UdpnatSoundBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->stream_signals = g_signal_group_new (GTK_TYPE_MEDIA_STREAM);
  g_signal_group_connect_swapped (self->stream_signals, "notify::ended", G_CALLBACK (follow_end),
                                  self);
  g_signal_group_connect_swapped (self->stream_signals, "notify", G_CALLBACK (refresh), self);
  refresh (self);
}

GtkWidget *
udpnat_sound_bar_new (void)
{
  return g_object_new (UDPNAT_TYPE_SOUND_BAR, NULL);
}
