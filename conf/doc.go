// Package conf knows every setting of Weft: its name, its older spellings, its default, what
// it may be, and where its value came from.
//
// A setting is a typed [Key]; a [Conf] holds the values that are in effect:
//
//	c, err := conf.LoadDefault()
//	n := conf.Get(c, conf.NumRetained)
//
// Two rules shape the package. First, a value never loses its origin: every message can say
// "weft-conf.yaml:12" or "-yD", because that is where the user has to go. Second, precedence
// belongs to the origin and not to the order of the calls: program code wins over -D, -D over a
// flag, a flag over a file, a file over the default. So the parts of the program may read their
// sources in any order and still agree.
//
// The names are those of Flink 1.7 to 1.20, so that a flink-conf.yaml goes on being useful. A
// setting that Flink has and Weft does not need is accepted, and a [Notice] says why it does
// nothing. A name that nobody knows is a warning with the nearest known name.
//
// The second half of the package, [Hadoop], reads core-site.xml, hdfs-site.xml and yarn-site.xml
// and answers what Weft asks of them: which file system, which NameNodes, which ResourceManagers.
package conf
