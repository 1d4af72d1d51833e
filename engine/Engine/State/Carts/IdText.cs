using System.Runtime.CompilerServices;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.State.Carts;

/// <summary>An id stored inline.</summary>
[InlineArray(EventSlab.MaxIdLength)]
public struct IdText
{
    byte _first;
}
