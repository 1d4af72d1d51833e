using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fluid;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>The filter <c>json</c>. Needs no reflection, and escapes what means something in HTML.</summary>
static class JsonFilter
{
    const int Deepest = 16;

    static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.Default };

    public static ValueTask<FluidValue> Apply(FluidValue input, FilterArguments arguments, TemplateContext context)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output, s_options))
        {
            Write(writer, input, depth: 0);
        }

        return new(new StringValue(Encoding.UTF8.GetString(output.WrittenSpan)));
    }

    static void Write(Utf8JsonWriter writer, FluidValue value, int depth)
    {
        if (depth > Deepest)
        {
            throw new MessageRenderingException($"nests values more than {Deepest} deep");
        }

        switch (value)
        {
            case ArrayValue list:
                writer.WriteStartArray();
                foreach (var entry in list.Values)
                {
                    Write(writer, entry, depth + 1);
                }

                writer.WriteEndArray();
                break;
            case DictionaryValue when value.ToObjectValue() is IFluidIndexable fields:
                writer.WriteStartObject();
                foreach (var name in fields.Keys)
                {
                    writer.WritePropertyName(name);
                    Write(writer, fields.TryGetValue(name, out var field) ? field : NilValue.Instance, depth + 1);
                }

                writer.WriteEndObject();
                break;
            case NumberValue:
                writer.WriteNumberValue(value.ToNumberValue());
                break;
            case BooleanValue:
                writer.WriteBooleanValue(value.ToBooleanValue());
                break;
            case var _ when value.IsNil():
                writer.WriteNullValue();
                break;
            default:
                writer.WriteStringValue(value.ToStringValue());
                break;
        }
    }
}
