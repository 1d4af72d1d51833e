namespace CartRecovery.Engine.Decisions;

/// <summary>Makes discount codes that cannot be guessed, one for each message.</summary>
/// <param name="Prefix">What the codes begin with.</param>
/// <param name="Length">How many characters follow, of five bits each.</param>
public sealed record DiscountCodes(string Prefix, int Length)
{
    // Crockford's base 32: without letters that are taken for digits, or for another.
    const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>The code in a preview, which nobody can redeem.</summary>
    public string Example => Prefix + new string('X', Length);

    /// <summary>Returns the code for random bytes.</summary>
    /// <param name="random">A byte for each character, or more.</param>
    public string Of(ReadOnlySpan<byte> random)
    {
        Span<char> code = stackalloc char[Length];
        for (var i = 0; i < Length; i++)
        {
            code[i] = Alphabet[random[i] % Alphabet.Length];
        }

        return string.Concat(Prefix, code);
    }
}
