// Package privilege is who may have which role, from when to when: role definitions, role
// assignments, schedule requests, schedules and their instances.
package privilege
