using System.Text.Json;

namespace BusJobs.Api.Input;

/// <summary>Values as the API and its pages write them.</summary>
internal static class EnumWord
{
    extension(Enum value)
    {
        /// <summary>In camel case: <c>ready</c>, <c>retryAt</c>.</summary>
        public string Word => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
    }
}
