// Package snapshot is the format of checkpoints and savepoints on disk, one
// format for both, and the catalogue of what is there. It needs no running job:
// everything can be listed, checked and verified from the files alone.
//
// # Folders
//
//	<checkpoints>/<job id, 32 hex>/chk-47/_metadata       the root of checkpoint 47
//	<checkpoints>/<job id>/chk-47/<worker>-<16 hex>       state, at most one file per worker
//	<checkpoints>/<job id>/shared/, taskowned/            for state that outlives one checkpoint
//	<checkpoints>/<job id>/_job                           whose checkpoints these are: an Owner
//	<checkpoints>/<job id>/savepoints/savepoint-…         where a savepoint of the job is
//	<checkpoints>/<job id>/chk-47.deleted/                a deletion under way, or interrupted
//	<savepoints>/savepoint-<6 hex of job id>-<12 hex>/    the same files, owned by the user
//	<any of the snapshots' folders>/_pinned               the job must not delete it
//	<any of the snapshots' folders>/_claimed-<job id>     it belongs to that job now: an Owner
//
// A snapshot is complete when, and only when, its _metadata is there: it
// appears last, by a rename, and disappears first, with the folder's name. Files
// are named relative to the folder, so a folder can be copied or moved.
//
// # The file _metadata (integers big-endian)
//
//	8 bytes   "WEFTSNAP"
//	uint32    format version, 1
//	uint64    length of the JSON
//	uint64    length of the inline state
//	          JSON: a Metadata
//	          inline state: what was too small for a file
//	uint32    CRC32C (Castagnoli) of everything before
//
// Every version starts with the first two fields and ends with the checksum,
// so that a newer version can be told from a damaged file.
//
// # State
//
// A [Handle] names a run of frames, in a data file or in the inline section.
// A frame is a header of 18 bytes and a payload that only the engine
// understands:
//
//	uint16    kind: 1 keyed, 2 not keyed
//	uint16    first key group   (not keyed: 65535)
//	uint16    last key group, inclusive
//	uint32    length of the payload
//	uint32    CRC32C of the payload
//	uint32    CRC32C of the 14 bytes before
//
// The handle's checksum is the CRC32C of the run's headers in order. Since
// each of them holds its payload's checksum, that covers the whole run, and a
// reader that skips the payloads of other key groups still knows that no frame is
// missing, doubled or out of place.
package snapshot
