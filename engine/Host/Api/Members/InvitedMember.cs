namespace CartRecovery.Host.Api.Members;

/// <summary>A member, and the link to set a password with.</summary>
/// <param name="Member">The member.</param>
/// <param name="Link">How the link is given to the member.</param>
sealed record InvitedMember(MemberItem Member, MemberLink Link);
