package terraform

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ephor/conformance/house"
)

func TestMain(m *testing.M) { os.Exit(house.Run(m)) }

const (
	client, clientPrincipal = "11111111-0000-4000-8000-000000000003", "11111111-0000-4000-8000-000000000002"
	admin                   = "11111111-0000-4000-8000-000000000001"
	secret                  = "terraform-development-secret"
	globalAdministrator     = "62e90394-69f5-4237-9190-012177145e10"
)

// permissions are what the provider's pages ask for, for the resources of main.tf.
var permissions = []string{
	"AdministrativeUnit.ReadWrite.All", "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All",
	"Directory.Read.All", "Directory.ReadWrite.All", "Domain.Read.All", "Group.ReadWrite.All", "User.ReadWrite.All",
	"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
	"RoleAssignmentSchedule.ReadWrite.Directory", "RoleEligibilitySchedule.ReadWrite.Directory",
	"RoleManagement.ReadWrite.Directory", "RoleManagementPolicy.ReadWrite.AzureADGroup",
}

// tenant makes a tenant with an administrator and a client for Terraform, which is Global
// Administrator too, because it manages who has roles.
func tenant(t *testing.T) string {
	t.Helper()
	type object = map[string]any
	role := func(principal string) object {
		return object{"principalId": principal, "roleDefinitionId": globalAdministrator}
	}
	seed := object{
		"users": []object{{"id": admin, "userPrincipalName": "admin@contoso.com", "displayName": "Ada Marsh", "passwordProfile": object{"password": "Development-Only-1"}}},
		"applications": []object{{
			"appId": client, "servicePrincipalId": clientPrincipal, "displayName": "Terraform",
			"passwordCredentials": []object{{"secretText": secret}}, "applicationPermissions": permissions,
		}},
		"roleAssignments": []object{role(admin), role(clientPrincipal)},
	}
	var made struct{ TenantID string }
	house.Call(t, http.MethodPost, "/_ephor/dev/tenants", "", object{"name": t.Name(), "seed": seed, "memory": true}, http.StatusCreated, &made)
	return made.TenantID
}

// A workspace is a folder with main.tf, and how Terraform is run in it.
type workspace struct {
	t       *testing.T
	program string
	dir     string
	env     []string
}

// newWorkspace is one whose provider is the program that AZUREAD_PROVIDER names, or, without
// that, the one that Terraform fetches from its registry.
func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	program := os.Getenv("TERRAFORM")
	if program == "" {
		program = "terraform"
	}
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("install Terraform or OpenTofu, or name it in TERRAFORM: %v", err)
	}
	base, err := url.Parse(house.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	w := &workspace{t: t, program: program, dir: t.TempDir()}
	w.env = append(os.Environ(), "SSL_CERT_FILE="+house.CAFile, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
		"ARM_METADATA_HOSTNAME="+base.Host, "ARM_TENANT_ID="+tenant(t), "ARM_CLIENT_ID="+client, "ARM_CLIENT_SECRET="+secret, "ARM_USE_CLI=false")
	text, err := os.ReadFile("main.tf")
	w.good(err)
	w.good(os.WriteFile(filepath.Join(w.dir, "main.tf"), text, 0o600))
	if provider := os.Getenv("AZUREAD_PROVIDER"); provider != "" {
		w.override(provider)
	} else {
		w.run(0, "init")
	}
	return w
}

// override has the provider be that program, by the name that Terraform looks for in a folder.
func (w *workspace) override(provider string) {
	w.t.Helper()
	file, err := filepath.Abs(provider)
	w.good(err)
	folder := w.t.TempDir()
	w.good(os.Symlink(file, filepath.Join(folder, "terraform-provider-azuread")))
	where, err := json.Marshal(folder)
	w.good(err)
	rc := filepath.Join(folder, "terraform.rc")
	w.good(os.WriteFile(rc, []byte("provider_installation {\n  dev_overrides { \"hashicorp/azuread\" = "+string(where)+" }\n  direct {}\n}\n"), 0o600))
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+rc)
}

func (w *workspace) good(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// run runs a command of Terraform and wants that exit code.
func (w *workspace) run(want int, args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), w.program, append(args, "-no-color")...)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != want {
		w.t.Fatalf("terraform %s: %d, want %d\n%s", strings.Join(args, " "), got, want, out)
	}
	return string(out)
}

// TestTheProviderManagesADirectory takes main.tf through its life: what is applied is what is
// read back, so that a plan after it is empty; what is changed is changed in place; and all of it
// can be destroyed, so that nothing is left in the state.
func TestTheProviderManagesADirectory(t *testing.T) {
	w := newWorkspace(t)
	w.run(0, "apply", "-auto-approve")
	w.run(0, "plan", "-detailed-exitcode") // 2 would be a plan that is not empty
	w.run(2, "plan", "-detailed-exitcode", "-var", "changed=true")
	if out := w.run(0, "apply", "-auto-approve", "-var", "changed=true"); !strings.Contains(out, "0 added, ") || !strings.Contains(out, " 0 destroyed") {
		t.Errorf("it was not changed in place:\n%s", out)
	}
	w.run(0, "plan", "-detailed-exitcode", "-var", "changed=true")
	w.run(0, "destroy", "-auto-approve", "-var", "changed=true")
	if left := w.run(0, "state", "list"); strings.TrimSpace(left) != "" {
		t.Errorf("destroyed, and left: %s", left)
	}
}
