using System.Runtime.CompilerServices;

namespace CartRecovery.Engine.State.Carts;

/// <summary>An id stored inline.</summary>
[InlineArray(Capacity)]
public struct IdText
{
    /// <summary>Maximum length in bytes, fixed by the format; the limit for ids may be lower.</summary>
    public const int Capacity = 64;
    byte _first;
}
