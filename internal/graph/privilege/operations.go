package privilege

import (
	"slices"

	"ephor/internal/edm"
	"ephor/internal/op"
)

// Operations are all of this package.
func Operations() op.Operations {
	return slices.Concat(
		roleOperations(), customRoleOperations(), actionOperations(), directoryRoleOperations(), scopedRoleOperations(),
		requestOperations(), grantOperations(), roleScheduleOperations(), holdingOperations(), settingsOperations(),
		groupRequestOperations(), groupGrantOperations(), approvalOperations(), providerOperations(),
	)
}

// Types are the types of what is served here.
func Types() []edm.Description {
	return slices.Concat(
		roleEntity.Describe(), assignmentEntity.Describe(), eligibilityRequestEntity.Describe(), assignmentRequestEntity.Describe(),
		directoryRoleEntity.Describe(), roleTemplateEntity.Describe(), scopedMemberEntity.Describe(), namespaceEntity.Describe(), actionEntity.Describe(), holdingEntity.Describe(), settingsEntity.Describe(),
		scheduleBaseEntity.Describe(), eligibilityScheduleEntity.Describe(), assignmentScheduleEntity.Describe(), eligibilityInstanceEntity.Describe(), assignmentInstanceEntity.Describe(), groupTypes(),
		stageEntity.Describe(), approvalEntity.Describe(),
	)
}
