/* How wide a label that wraps must be, when GTK is asked that for a height.
 *
 * GTK halves an interval of widths until it has the smallest that is low enough, as if wider never
 * meant higher. But lines in letters of two fonts, such as Arabic words with a Latin full stop, are
 * of different heights, and a letter that has another form at the end of a line is wider there. So
 * the answer may be larger than the width that the label says it can do with, and larger than the
 * one that the height came from: GtkBox then complains, or gives it more than there is, and the
 * text runs out of the window. */

#include "config.h"

#include "udpnat-label-width.h"

typedef void (*MeasureFunc) (GtkWidget     *widget,
                             GtkOrientation orientation,
                             int            for_size,
                             int           *out_minimum,
                             int           *out_natural,
                             int           *out_minimum_baseline,
                             int           *out_natural_baseline);

/* Set once, before there is a label; as the parent class of a type is. */
static MeasureFunc measure_label;

/* A label can always do with the width that it names first: the height follows from it. */
static void
measure (GtkWidget     *widget,
         GtkOrientation orientation,
         int            for_size,
         int           *out_minimum,
         int           *out_natural,
         int           *out_minimum_baseline,
         int           *out_natural_baseline)
{
  int least, usual, baselines[2];

  measure_label (widget, orientation, for_size, out_minimum, out_natural, out_minimum_baseline,
                 out_natural_baseline);
  if (orientation != GTK_ORIENTATION_HORIZONTAL || for_size < 0 ||
      !gtk_label_get_wrap (GTK_LABEL (widget)))
    return;
  measure_label (widget, orientation, -1, &least, &usual, &baselines[0],
                 &baselines[1]);
  *out_minimum = MIN (*out_minimum, least);
}

/** udpnat_label_width_install: for all labels; GTK 4.8 and 4.18 were seen to need it */
void
udpnat_label_width_install (void)
{
  GtkWidgetClass *klass;

  if (measure_label != NULL)
    return;
  klass = g_type_class_ref (GTK_TYPE_LABEL);
  measure_label = klass->measure;
  klass->measure = measure;
  g_type_class_unref (klass);
}
