using System.Security.Cryptography;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>Recovery codes, for a user whose authenticator app is lost. Each is good for one sign-in.</summary>
static class Recovery
{
    // Without letters and digits that look alike; 80 bits.
    const string Alphabet = "23456789abcdefghjkmnpqrstuvwxyz";
    const int Length = 16, Group = 4;

    /// <summary>Makes a code, in groups.</summary>
    public static string New() => string.Join('-', RandomNumberGenerator.GetString(Alphabet, Length).Chunk(Group).Select(group => new string(group)));

    /// <summary>Returns a code as it is compared.</summary>
    public static string Normalize(string code) => code.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
}
