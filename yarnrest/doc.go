// Package yarnrest speaks the REST API of YARN's ResourceManager: it asks for an application id, submits an application,
// follows it, lists and kills applications, and looks at queues and nodes.
//
// YARN offers clients two doors: Hadoop RPC (port 8032), which wants Kerberos tickets and protobufs, and this REST API
// (port 8088), which wants HTTP. The API accepts a submission in JSON and answers 202 before it has looked at most of it;
// what it does not understand it drops without a word. This package closes those traps: a [Submission] is checked before
// it is sent, encoded in the one form that YARN reads, and read back after it was accepted, so that an unknown queue is an
// error of [Client.Submit] and not a failed application found later.
//
// # High availability
//
// A [Client] knows the address of every ResourceManager of the cluster. It follows a standby's redirect, goes on to the
// next address when one does not answer, remembers the one that did, and keeps trying for its patience. Every call here may
// be repeated safely: submitting the same application id twice starts one application, and killing twice kills once.
//
// # Security
//
// A cluster with simple authentication believes the user named in the configuration. A Kerberos cluster wants SPNEGO: give
// the client a [SPNEGO] as its transport.
//
// Protocol facts were checked against Hadoop 3.4.1; names are those of its "ResourceManager REST APIs" page.
package yarnrest
