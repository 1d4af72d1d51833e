using System.Collections;
using System.Text.Json.Serialization.Metadata;

namespace CartRecovery.Host.Api.Requests;

/// <summary>Refuses null elements in the lists and dictionaries of bodies: the serializer's rule for nullability covers properties alone.</summary>
static class NullElements
{
    /// <summary>Changes a type's contract so that reading it throws <see cref="NullElementException"/> for a null element.</summary>
    public static void Refuse(JsonTypeInfo type)
    {
        if (type.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary)
        {
            type.OnDeserialized += Check;
        }
    }

    static void Check(object list)
    {
        foreach (var element in list is IDictionary dictionary ? dictionary.Values : (IEnumerable)list)
        {
            if (element is null)
            {
                throw new NullElementException();
            }
        }
    }
}
