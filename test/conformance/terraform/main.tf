# What an organisation keeps in Terraform of its directory and of its privileged access, by
# every resource of the azuread provider that Ephor serves. test/conformance/terraform applies
# it, wants an empty plan after that, changes it, and destroys it.

terraform {
  required_providers {
    azuread = { source = "hashicorp/azuread" }
  }
}

provider "azuread" {} # by its environment variables

# The second apply changes what can be changed in place.
variable "changed" {
  type    = bool
  default = false
}

locals {
  domain = data.azuread_domains.all.domains[0].domain_name
  word   = var.changed ? "after" : "before"
}

data "azuread_client_config" "me" {}

data "azuread_domains" "all" {
  only_initial = true
}

data "azuread_application_published_app_ids" "known" {}

data "azuread_service_principal" "graph" {
  client_id = data.azuread_application_published_app_ids.known.result["MicrosoftGraph"]
}

# People, and where they are.

resource "azuread_user" "manager" {
  user_principal_name = "grace@${local.domain}"
  display_name        = "Grace"
  password            = "Terraform-Only-1"
}

resource "azuread_user" "ada" {
  user_principal_name   = "ada@${local.domain}"
  display_name          = "Ada ${local.word}"
  mail_nickname         = "ada"
  given_name            = "Ada"
  surname               = "Marsh"
  job_title             = var.changed ? null : "Analyst"
  department            = "IT"
  employee_id           = "7"
  usage_location        = "DE"
  business_phones       = ["+49 30 1"]
  manager_id            = azuread_user.manager.object_id
  account_enabled       = true
  force_password_change = true
  password              = "Terraform-Only-1"
}

resource "azuread_user" "bob" {
  user_principal_name = "bob@${local.domain}"
  display_name        = "Bob"
  password            = "Terraform-Only-1"
}

resource "azuread_administrative_unit" "unit" {
  display_name              = "Berlin ${local.word}"
  description               = "The people in Berlin"
  hidden_membership_enabled = false
}

resource "azuread_administrative_unit_member" "ada" {
  administrative_unit_object_id = azuread_administrative_unit.unit.object_id
  member_object_id              = azuread_user.ada.object_id
}

resource "azuread_administrative_unit" "whole" {
  display_name = "With its members"
  members      = var.changed ? [azuread_user.bob.object_id] : [azuread_user.ada.object_id, azuread_user.bob.object_id]
}

resource "azuread_group" "team" {
  display_name     = "Team ${local.word}"
  description      = "A team"
  security_enabled = true
  owners           = [data.azuread_client_config.me.object_id, azuread_user.manager.object_id]
  members          = var.changed ? [azuread_user.bob.object_id] : [azuread_user.ada.object_id, azuread_user.bob.object_id]
}

resource "azuread_group" "loose" {
  display_name            = "With members beside"
  mail_nickname           = "loose"
  security_enabled        = true
  prevent_duplicate_names = true
}

resource "azuread_group_member" "bob" {
  group_object_id  = azuread_group.loose.object_id
  member_object_id = azuread_user.bob.object_id
}

resource "azuread_group_without_members" "privileged" {
  display_name       = "Assignable to roles"
  security_enabled   = true
  assignable_to_role = true
}

# Roles.

resource "azuread_directory_role" "helpdesk" {
  display_name = "Helpdesk Administrator"
}

resource "azuread_directory_role" "reader" {
  template_id = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b" # Directory Readers
}

resource "azuread_directory_role_member" "bob" {
  role_object_id   = azuread_directory_role.reader.object_id
  member_object_id = azuread_user.bob.object_id
}

resource "azuread_administrative_unit_role_member" "bob" {
  role_object_id                = azuread_directory_role.helpdesk.object_id
  administrative_unit_object_id = azuread_administrative_unit.unit.object_id
  member_object_id              = azuread_user.bob.object_id
}

resource "azuread_custom_directory_role" "apps" {
  display_name = "Registrations ${local.word}"
  description  = "Reads and changes registrations"
  enabled      = true
  version      = var.changed ? "2.0" : "1.0"

  permissions {
    allowed_resource_actions = [
      "microsoft.directory/applications/basic/update",
      "microsoft.directory/applications/standard/read",
    ]
  }
}

resource "azuread_directory_role_assignment" "custom" {
  role_id             = azuread_custom_directory_role.apps.object_id
  principal_object_id = azuread_user.ada.object_id
}

resource "azuread_directory_role_assignment" "unit" {
  role_id             = azuread_directory_role.helpdesk.template_id
  principal_object_id = azuread_user.ada.object_id
  directory_scope_id  = "/administrativeUnits/${azuread_administrative_unit.unit.object_id}"
}

resource "azuread_directory_role_assignment" "application" {
  role_id             = azuread_custom_directory_role.apps.object_id
  principal_object_id = azuread_user.bob.object_id
  directory_scope_id  = "/${azuread_application.api.object_id}"
}

resource "azuread_directory_role_eligibility_schedule_request" "group" {
  role_definition_id = azuread_directory_role.helpdesk.template_id
  principal_id       = azuread_group_without_members.privileged.object_id
  directory_scope_id = "/"
  justification      = "The helpdesk is a group"
}

# PIM for groups.

resource "azuread_group" "pim" {
  display_name     = "Just in time"
  security_enabled = true

  lifecycle {
    ignore_changes = [members, owners]
  }
}

# The provider leaves a policy as it is when it destroys one, and Ephor lets nobody take away the
# last who could approve what a policy says must be approved, also of a deleted group. So approval
# is switched off before the end.
resource "azuread_group_role_management_policy" "member" {
  group_id = azuread_group.pim.object_id
  role_id  = "member"

  activation_rules {
    maximum_duration      = var.changed ? "PT4H" : "PT2H"
    require_approval      = !var.changed
    require_justification = true
    require_ticket_info   = var.changed
    approval_stage {
      primary_approver {
        object_id = azuread_user.manager.object_id
        type      = "singleUser"
      }
      primary_approver {
        object_id = azuread_group.team.object_id
        type      = "groupMembers"
      }
    }
  }

  active_assignment_rules {
    expire_after          = "P90D"
    require_justification = true
  }

  eligible_assignment_rules {
    expiration_required = false
  }

  notification_rules {
    eligible_assignments {
      approver_notifications {
        notification_level    = "Critical"
        default_recipients    = false
        additional_recipients = ["someone@example.com", "someone.else@example.com"]
      }
    }
    eligible_activations {
      assignee_notifications {
        notification_level = "All"
        default_recipients = true
      }
    }
  }
}

resource "azuread_group_role_management_policy" "owner" {
  group_id = azuread_group.pim.object_id
  role_id  = "owner"

  activation_rules {
    maximum_duration                   = "PT1H"
    require_multifactor_authentication = true
  }

  eligible_assignment_rules {
    expiration_required = true
    expire_after        = "P365D"
  }

  active_assignment_rules {
    expiration_required = true
    expire_after        = "P15D"
  }
}

resource "azuread_privileged_access_group_eligibility_schedule" "ada" {
  group_id             = azuread_group_role_management_policy.member.group_id
  principal_id         = azuread_user.ada.object_id
  assignment_type      = "member"
  permanent_assignment = true
  justification        = "She is on call"
  ticket_number        = "7"
  ticket_system        = "tickets"
}

resource "azuread_privileged_access_group_eligibility_schedule" "bob" {
  group_id        = azuread_group_role_management_policy.owner.group_id
  principal_id    = azuread_user.bob.object_id
  assignment_type = "owner"
  duration        = "P30D"
}

resource "azuread_privileged_access_group_assignment_schedule" "bob" {
  group_id        = azuread_group_role_management_policy.member.group_id
  principal_id    = azuread_user.bob.object_id
  assignment_type = "member"
  duration        = "P30D"
  justification   = "as requested"
}

# Applications.

resource "azuread_application" "api" {
  display_name     = "API ${local.word}"
  description      = "An API"
  identifier_uris  = ["api://terraform-api"]
  owners           = [data.azuread_client_config.me.object_id]
  sign_in_audience = "AzureADMyOrg"
  notes            = "as code"
  tags             = ["terraform"]

  api {
    requested_access_token_version = 2
    oauth2_permission_scope {
      admin_consent_description  = "Use the API on behalf of whoever is signed in."
      admin_consent_display_name = "Use the API"
      enabled                    = true
      id                         = "96183846-204b-4b43-82e1-5d2222eb4b9b"
      type                       = "User"
      user_consent_description   = "Use the API on your behalf."
      user_consent_display_name  = "Use the API"
      value                      = "user_impersonation"
    }
  }

  app_role {
    allowed_member_types = ["User", "Application"]
    description          = "Does everything"
    display_name         = "Admin"
    enabled              = true
    id                   = "1b19509b-32b1-4e9f-b71d-4992aa991967"
    value                = "admin"
  }

  optional_claims {
    id_token {
      name      = "email"
      essential = true
    }
  }

  required_resource_access {
    resource_app_id = data.azuread_service_principal.graph.client_id
    resource_access {
      id   = data.azuread_service_principal.graph.app_role_ids["User.Read.All"]
      type = "Role"
    }
    resource_access {
      id   = data.azuread_service_principal.graph.oauth2_permission_scope_ids["User.Read"]
      type = "Scope"
    }
  }

  web {
    homepage_url  = "https://app.example.net"
    logout_url    = "https://app.example.net/logout"
    redirect_uris = ["https://app.example.net/account"]
  }
}

resource "azuread_application_registration" "client" {
  display_name = "Client ${local.word}"
  description  = "A client, made of parts"
}

resource "azuread_application_api_access" "client" {
  application_id = azuread_application_registration.client.id
  api_client_id  = data.azuread_service_principal.graph.client_id
  role_ids       = [data.azuread_service_principal.graph.app_role_ids["Group.Read.All"]]
  scope_ids      = [data.azuread_service_principal.graph.oauth2_permission_scope_ids["User.Read"]]
}

resource "azuread_application_app_role" "client" {
  application_id       = azuread_application_registration.client.id
  role_id              = "497406e4-012a-4267-bf18-45a1cb148a01"
  allowed_member_types = ["User"]
  description          = "Reads ${local.word}"
  display_name         = "Reader"
  value                = "reader"
}

resource "azuread_application_permission_scope" "client" {
  application_id             = azuread_application_registration.client.id
  scope_id                   = "be98fa3e-ab5b-4b11-83d9-04ba2b7946bc"
  value                      = "administer"
  admin_consent_description  = "Administer the application"
  admin_consent_display_name = "Administer"
}

resource "azuread_application_identifier_uri" "client" {
  application_id = azuread_application_registration.client.id
  identifier_uri = "api://terraform-client"
}

resource "azuread_application_redirect_uris" "public" {
  application_id = azuread_application_registration.client.id
  type           = "PublicClient"
  redirect_uris  = var.changed ? ["http://localhost/back"] : ["http://localhost/back", "myapp://auth"]
}

resource "azuread_application_fallback_public_client" "client" {
  application_id = azuread_application_registration.client.id
  enabled        = true
}

resource "azuread_application_optional_claims" "client" {
  application_id = azuread_application_registration.client.id
  access_token {
    name = "email"
  }
}

resource "azuread_application_known_clients" "api" {
  application_id   = azuread_application_registration.second.id
  known_client_ids = [azuread_application_registration.client.client_id]
}

resource "azuread_application_registration" "second" {
  display_name = "Second API"
}

resource "azuread_application_permission_scope" "second" {
  application_id             = azuread_application_registration.second.id
  scope_id                   = "0d8a0d2f-7c2c-4a3a-9d7e-6a6b7c1f0a11"
  value                      = "use"
  admin_consent_description  = "Use it"
  admin_consent_display_name = "Use it"
}

resource "azuread_application_pre_authorized" "client" {
  application_id       = azuread_application_registration.second.id
  authorized_client_id = azuread_application_registration.client.client_id
  permission_ids       = [azuread_application_permission_scope.second.scope_id]
}

resource "azuread_application_owner" "grace" {
  application_id  = azuread_application_registration.client.id
  owner_object_id = azuread_user.manager.object_id
}

resource "azuread_application_password" "client" {
  application_id = azuread_application_registration.client.id
  display_name   = "rotated by hand"
}

resource "azuread_service_principal" "api" {
  client_id                    = azuread_application.api.client_id
  app_role_assignment_required = var.changed
  owners                       = [data.azuread_client_config.me.object_id]
  notes                        = "as code"
}

resource "azuread_service_principal" "client" {
  client_id = azuread_application_registration.client.client_id
}

resource "azuread_service_principal_password" "client" {
  service_principal_id = azuread_service_principal.client.id
}

resource "azuread_app_role_assignment" "graph" {
  app_role_id         = data.azuread_service_principal.graph.app_role_ids["Group.Read.All"]
  principal_object_id = azuread_service_principal.client.object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}

resource "azuread_app_role_assignment" "group" {
  app_role_id         = azuread_service_principal.api.app_role_ids["admin"]
  principal_object_id = azuread_group.loose.object_id
  resource_object_id  = azuread_service_principal.api.object_id
}

resource "azuread_service_principal_delegated_permission_grant" "client" {
  service_principal_object_id          = azuread_service_principal.client.object_id
  resource_service_principal_object_id = data.azuread_service_principal.graph.object_id
  claim_values                         = var.changed ? ["openid"] : ["openid", "User.Read"]
}

# Reading back by name.

data "azuread_user" "ada" {
  user_principal_name = azuread_user.ada.user_principal_name
}

data "azuread_group" "team" {
  display_name = azuread_group.team.display_name
}

data "azuread_directory_roles" "all" {
  depends_on = [azuread_directory_role.helpdesk, azuread_directory_role.reader]
}

output "read" {
  value = {
    ada     = data.azuread_user.ada.object_id == azuread_user.ada.object_id
    team    = length(data.azuread_group.team.members)
    roles   = length(data.azuread_directory_roles.all.object_ids) >= 2
    policy  = azuread_group_role_management_policy.member.description != ""
    pending = azuread_privileged_access_group_assignment_schedule.bob.status
  }
}
