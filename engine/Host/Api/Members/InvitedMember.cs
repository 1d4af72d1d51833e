namespace CartRecovery.Host.Api.Members;

/// <summary>A new member, and the link to set a password.</summary>
/// <param name="Member">The member.</param>
/// <param name="Link">How the member receives the link.</param>
sealed record InvitedMember(MemberItem Member, MemberLink Link);
