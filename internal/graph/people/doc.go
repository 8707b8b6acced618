// Package people is who is in the directory: users, groups with their members and owners,
// administrative units, directory objects of any kind, and the tenant itself.
package people
