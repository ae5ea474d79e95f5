/* What exported files are known by: written by export.c, read by coded.c and eval_weights.c. */
#ifndef QB_EXPORT_FORMAT_H
#define QB_EXPORT_FORMAT_H

#define QB_EXPORT_SCHEMA "qatbench.weights/1"     /* the metadata's "schema" */
#define QB_EXPORT_SCHEMA_ANY "qatbench.weights/"  /* of any version */

/* Behind the name of a quantized tensor. */
#define QB_EXPORT_CODES_SUFFIX ".codes"
#define QB_EXPORT_PACKED_SUFFIX ".packed"
#define QB_EXPORT_LEVELS_SUFFIX ".levels"

#endif
