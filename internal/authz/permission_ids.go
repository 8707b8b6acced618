package authz

import (
	"crypto/sha256"
	"slices"
	"sync"

	"ephor/internal/guid"
)

// A Permission is one of Microsoft Graph's, as its service principal publishes it: the ids of
// the delegated scope and of the app role, of which one may be missing.
type Permission struct {
	Name        string
	Scope, Role guid.ID
}

// Permissions are all that mean something here, sorted by name.
var Permissions = sync.OnceValue(func() []Permission {
	var all []Permission
	for _, name := range AllScopes().Names() {
		p := Permission{Name: name}
		if ids, known := publishedIDs[name]; known {
			p.Scope, _ = guid.Parse(ids[0])
			p.Role, _ = guid.Parse(ids[1])
		} else {
			p.Scope, p.Role = madeID("scope", name), madeID("role", name)
		}
		all = append(all, p)
	}
	return all
})

// madeID is the id of a permission that is published without one: a UUID of version 8 made of
// its name, the same in every tenant.
func madeID(kind, name string) guid.ID {
	sum := sha256.Sum256([]byte("ephor permission\x00" + kind + "\x00" + name))
	id := guid.ID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ScopeWithID is the permission whose delegated scope has that id.
func ScopeWithID(id guid.ID) (Permission, bool) {
	return permissionWith(func(p Permission) bool { return p.Scope == id }, id)
}

// RoleWithID is the permission whose app role has that id.
func RoleWithID(id guid.ID) (Permission, bool) {
	return permissionWith(func(p Permission) bool { return p.Role == id }, id)
}

func permissionWith(has func(Permission) bool, id guid.ID) (Permission, bool) {
	i := slices.IndexFunc(Permissions(), has)
	if id.IsZero() || i < 0 {
		return Permission{}, false
	}
	return Permissions()[i], true
}

// publishedIDs are the ids that Microsoft Graph publishes of its permissions, as delegated
// scope and as app role, "" for what a permission is not. Clients have them in their
// manifests. A permission that is not here has none that is published.
var publishedIDs = map[string][2]string{
	"openid":                                               {"37f7f235-527c-4136-accd-4a02d197296e", ""},
	"profile":                                              {"14dad69e-099b-42c9-810b-d002981feec1", ""},
	"email":                                                {"64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", ""},
	"offline_access":                                       {"7427e0e9-2fba-42fe-b0c0-848c9e6a8182", ""},
	"AdministrativeUnit.Read.All":                          {"3361d15d-be43-4de6-b441-3c746d05163d", "134fd756-38ce-4afd-ba33-e9623dbe66c2"},
	"AdministrativeUnit.ReadWrite.All":                     {"7b8a2d34-6b3f-4542-a343-54651608ad81", "5eb59dd3-1da2-4329-8733-9dabdc435916"},
	"AppRoleAssignment.ReadWrite.All":                      {"84bccea3-f856-4a8a-967b-dbe0a3d53a64", "06b708a9-e830-4db3-a914-8e69da51d44f"},
	"Application.Read.All":                                 {"c79f8feb-a9db-4090-85f9-90d820caa0eb", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"},
	"Application.ReadWrite.All":                            {"bdfbf15f-ee85-4955-8675-146e8e5296b5", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"},
	"Application.ReadWrite.OwnedBy":                        {"", "18a4783c-866b-4cc7-a460-3d5e5662c884"},
	"AuditLog.Read.All":                                    {"e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20", "b0afded3-3588-46d8-8b3d-9842eff778da"},
	"DelegatedPermissionGrant.ReadWrite.All":               {"41ce6ca6-6826-4807-84f1-1c82854f7ee5", "8e8e4742-1d95-4f68-9d56-6ee75648c72a"},
	"Directory.AccessAsUser.All":                           {"0e263e50-5827-48a4-b97c-d940288653c7", ""},
	"Directory.Read.All":                                   {"06da0dbc-49e2-44d2-8312-53f166ab848a", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"},
	"Directory.ReadWrite.All":                              {"c5366453-9fb0-48a5-a156-24f0c49a4b84", "19dbc75e-c2e2-444c-a770-ec69d8559fc7"},
	"Domain.Read.All":                                      {"2f9ee017-59c1-4f1d-9472-bd5529a7b311", "dbb9058a-0e50-45d7-ae91-66909b5d4664"},
	"Domain.ReadWrite.All":                                 {"0b5d694c-a244-4bde-86e6-eb5cd07730fe", "7e05723c-0bb0-42da-be95-ae9f08a6e53c"},
	"Group.Create":                                         {"", "bf7b1a76-6e77-406b-b258-bf5c7720e98f"},
	"Group.Read.All":                                       {"5f8c59db-677d-491f-a6b8-5f174b11ec1d", "5b567255-7703-4780-807c-7be8301ae99b"},
	"Group.ReadBasic.All":                                  {"ba1917bc-a64b-4c71-b66d-229d4a520e66", "07d67222-3a10-4d3b-9ddc-b8aa43198a00"},
	"Group.ReadWrite.All":                                  {"4e46008b-f24c-477d-8fff-7bb4ec7aafe0", "62a82d76-70ea-41e2-9197-370581804d09"},
	"GroupMember.Read.All":                                 {"bc024368-1153-4739-b217-4326f2e966d0", "98830695-27a2-44f7-8c18-0c3ebc9698f6"},
	"GroupMember.ReadBasic.All":                            {"28539367-358c-4ed9-b7f0-793eccb8fd34", "8222c640-cae5-4860-8d11-b32cfad95e03"},
	"GroupMember.ReadWrite.All":                            {"f81125ac-d3b7-4573-a3b2-7099cc39df9e", "dbaae8cf-10b5-4b86-a4a1-f871c94c6695"},
	"Organization.Read.All":                                {"4908d5b9-3fb2-4b1e-9336-1888b7937185", "498476ce-e0fe-48b0-b801-37ba7e2685c6"},
	"Organization.ReadWrite.All":                           {"46ca0847-7e6b-426e-9775-ea810a948356", "292d869f-3427-49a8-9dab-8c70152b74e9"},
	"Policy.Read.All":                                      {"572fea84-0151-49b2-9301-11cb16974376", "246dd0d5-5bd0-4def-940b-0421030a5b68"},
	"Policy.ReadWrite.AuthenticationMethod":                {"7e823077-d88e-468f-a337-e18f1f0e6c7c", "29c18626-4985-4dcd-85c0-193eef327366"},
	"Policy.ReadWrite.Authorization":                       {"edd3c878-b384-41fd-95ad-e7407dd775be", "fb221be6-99f2-473f-bd32-01c6a0e9ca3b"},
	"Policy.ReadWrite.PermissionGrant":                     {"2672f8bb-fd5e-42e0-85e1-ec764dd2614e", "a402ca1c-2696-4531-972d-6e5ee4aa11ea"},
	"PrivilegedAccess.Read.AzureAD":                        {"b3a539c9-59cb-4ad5-825a-041ddbdc2bdb", "4cdc2547-9148-4295-8d11-be0db1391d6b"},
	"PrivilegedAccess.Read.AzureADGroup":                   {"d329c81c-20ad-4772-abf9-3f6fdb7e5988", "01e37dc9-c035-40bd-b438-b2879c4870a6"},
	"PrivilegedAccess.ReadWrite.AzureAD":                   {"3c3c74f5-cdaa-4a97-b7e0-4e788bfcfb37", "854d9ab1-6657-4ec8-be45-823027bcd009"},
	"PrivilegedAccess.ReadWrite.AzureADGroup":              {"32531c59-1f32-461f-b8df-6f8a3b89f73b", "2f6817f8-7b12-4f0f-bc18-eeaf60705a9e"},
	"PrivilegedAssignmentSchedule.Read.AzureADGroup":       {"02a32cc4-7ab5-4b58-879a-0586e0f7c495", "cd4161cb-f098-48f8-a884-1eda9a42434c"},
	"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup":  {"06dbc45d-6708-4ef0-a797-f797ee68bf4b", "41202f2c-f7ab-45be-b001-85c9728b9d69"},
	"PrivilegedAssignmentSchedule.Remove.AzureADGroup":     {"ca5fe595-68ff-4dfd-907d-4509501a0e49", "55d1104b-3821-413d-b3ca-e2393d333cd3"},
	"PrivilegedEligibilitySchedule.Read.AzureADGroup":      {"8f44f93d-ecef-46ae-a9bf-338508d44d6b", "edb419d6-7edc-42a3-9345-509bfdf5d87c"},
	"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup": {"ba974594-d163-484e-ba39-c330d5897667", "618b6020-bca8-4de6-99f6-ef445fa4d857"},
	"PrivilegedEligibilitySchedule.Remove.AzureADGroup":    {"c5ea9ab4-9b41-4c09-a400-53e652fb5096", "55745561-7572-4314-a737-a2c2a1b0dd2e"},
	"RoleAssignmentSchedule.Read.Directory":                {"344a729c-0285-42c6-9014-f12b9b8d6129", "d5fe8ce8-684c-4c83-a52c-46e882ce4be1"},
	"RoleAssignmentSchedule.ReadWrite.Directory":           {"8c026be3-8e26-4774-9372-8d5d6f21daff", "dd199f4a-f148-40a4-a2ec-f0069cc799ec"},
	"RoleAssignmentSchedule.Remove.Directory":              {"f71cd05c-3fdb-4568-aef2-e1cf62ee20d4", "d3495511-98b7-4df3-b317-4e35c19f6129"},
	"RoleEligibilitySchedule.Read.Directory":               {"eb0788c2-6d4e-4658-8c9e-c0fb8053f03d", "ff278e11-4a33-4d0c-83d2-d01dc58929a5"},
	"RoleEligibilitySchedule.ReadWrite.Directory":          {"62ade113-f8e0-4bf9-a6ba-5acb31db32fd", "fee28b28-e1f3-4841-818e-2704dc62245f"},
	"RoleEligibilitySchedule.Remove.Directory":             {"58ac4fa2-b484-4d6e-ba97-beee2a574220", "79c7e69c-0d9f-4eff-97a8-49170a5a08ba"},
	"RoleManagement.Read.All":                              {"48fec646-b2ba-4019-8681-8eb31435aded", "c7fbd983-d9aa-4fa7-84b8-17382c103bc4"},
	"RoleManagement.Read.Directory":                        {"741c54c3-0c1e-44a1-818b-3f97ab4e8c83", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"},
	"RoleManagement.ReadWrite.Directory":                   {"d01b97e9-cbc0-49fe-810a-750afd5527a3", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"},
	"RoleManagementPolicy.Read.AzureADGroup":               {"7e26fdff-9cb1-4e56-bede-211fe0e420e8", "69e67828-780e-47fd-b28c-7b27d14864e6"},
	"RoleManagementPolicy.Read.Directory":                  {"3de2cdbe-0ff5-47d5-bdee-7f45b4749ead", "fdc4c997-9942-4479-bfcb-75a36d1138df"},
	"RoleManagementPolicy.ReadWrite.AzureADGroup":          {"0da165c7-3f15-4236-b733-c0b0f6abe41d", "b38dcc4d-a239-4ed6-aa84-6c65b284f97c"},
	"RoleManagementPolicy.ReadWrite.Directory":             {"1ff1be21-34eb-448c-9ac9-ce1f506b2a68", "31e08e0a-d3f7-4ca2-ac39-7343fb83e8ad"},
	"User.DeleteRestore.All":                               {"4bb440cd-2cf2-4f90-8004-aa2acd2537c5", "eccc023d-eccf-4e7b-9683-8813ab36cecc"},
	"User.EnableDisableAccount.All":                        {"f92e74e7-2563-467f-9dd0-902688cb5863", "3011c876-62b7-4ada-afa2-506cbbecc68c"},
	"User.ManageIdentities.All":                            {"637d7bec-b31e-4deb-acc9-24275642a2c9", "c529cfca-c91b-489c-af2b-d92990b66ce6"},
	"User.Read":                                            {"e1fe6dd8-ba31-4d61-89e7-88639da4683d", ""},
	"User.Read.All":                                        {"a154be20-db9c-4678-8ab7-66f6cc099a59", "df021288-bdef-4463-88db-98f22de89214"},
	"User.ReadBasic.All":                                   {"b340eb25-3456-403f-be2f-af7a0d370277", "97235f07-e226-4f63-ace3-39588e11d3a1"},
	"User.ReadWrite":                                       {"b4e74841-8e56-480b-be8b-910348b18b4c", ""},
	"User.ReadWrite.All":                                   {"204e0828-b5ca-4ad8-b9f3-f32a958e7cc4", "741f803b-c850-494e-b5df-cde7c675a1ca"},
	"User.RevokeSessions.All":                              {"fc30e98b-8810-4501-81f5-c20a3196387b", "77f3a031-c388-4f99-b373-dc68676a979e"},
	"User-PasswordProfile.ReadWrite.All":                   {"56760768-b641-451f-8906-e1b8ab31bca7", "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7"},
	"UserAuthenticationMethod.Read":                        {"1f6b61c5-2f65-4135-9c9f-31c0f8d32b52", ""},
	"UserAuthenticationMethod.Read.All":                    {"aec28ec7-4d02-4e8c-b864-50163aea77eb", "38d9df27-64da-44fd-b7c5-a6fbac20248f"},
	"UserAuthenticationMethod.ReadWrite":                   {"48971fc1-70d7-4245-af77-0beb29b53ee2", ""},
	"UserAuthenticationMethod.ReadWrite.All":               {"b7887744-6746-4312-813d-72daeaee7e2d", "50483e42-d915-4231-9639-7fdb7fd190e5"},
}
