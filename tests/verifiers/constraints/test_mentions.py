"""Constraints that are spoken of but not demanded of this answer, and demands in the same breath as such talk."""

from __future__ import annotations

import pytest

from skillrm.types import Candidate, Sample
from skillrm.verifiers.constraints import detect

MENTIONS = r"""
Write a story in which a teacher says essays must have at least 500 words.
My boss wants the report to have at least 10 pages. Any tips?
In my essay I used no commas. Is that fine?
The contest requires at least 1000 words. What are some good topics?
Is 300 words enough for an abstract?
Write a Python function that checks whether a text has at least 100 words.
Write a regex which matches words in all capital letters at least 3 times.
Write a program that prints its input in all lowercase letters.
Create a form validator: the username must contain at least 5 letters and no commas.
Explain the rule "no more than 3 sentences per paragraph".
Tell me about the history of the letter e in English.
Translate this into German: good morning.
How do you say "thank you" in French?
What does the word "river" mean in Spanish?
Write a tutorial on how to wrap text in double quotation marks in Python.
I need at least 3 people to carry the couch. Who should I ask?
What are the advantages of bullet points?
Give me a list of French verbs.
Tell me a joke about a German in Spain.
Who was the first woman to speak in Parliament in English?
Write a dialogue between a man who speaks only in French and a waiter.
She ended her speech with the phrase "never again". Who was she?
The letter should end with hope. Write it.
Write about a monk who took a vow to use at most 10 words a day.
What is JSON? Why is JSON format popular?
Convert this JSON format file to CSV with pandas.
How do I return JSON from a Flask endpoint?
Write a Flask route that returns JSON with keys name and age.
Write SQL that counts the sentences with at least 10 words.
My poem has 4 stanzas separated by ***. Should I change that?
The document has a title in double angular brackets, <<Report>>. Why?
I usually write in lowercase letters. Is that rude?
Some people write in all caps when angry. Explain why.
Explain why lawyers use all capital letters in contracts.
Write an essay about the ban on using the word "climate" in official reports.
Why must a haiku have 17 syllables and 3 lines?
Could a book be written without using the letter e?
Summarize the novel written without the letter e.
Discuss whether essays should be at least 500 words long.
Write a review of an essay of at least 500 words that I will send you later.
Would it be better to use bullet points or paragraphs?
If the text is longer than 100 words, what should I cut?
When an email has more than 200 words, nobody reads it. Do you agree?
Please tell me how many words with all capital letters are in this text.
In which countries is the response to an emergency call given in French?
The keyword "static" appears at least twice in this code. What does it do?
A good password must not contain the word "password". Why?
Write a policy that says employees must answer every email in fewer than 100 words.
Draft rules for a debate club: every speech must have at least 300 words.
Design a quiz. Each question should have exactly 4 options and no more than 20 words.
Write an invitation; guests must reply in English.
Compose a story about an AI that is only allowed to answer with "yes" or "no".
You are a teacher. Your student must write an essay of at least 200 words. Write the assignment.
Imagine you can only use 10 words. How would you feel?
Write a poem about a poem that contains no commas.
He wrapped his entire response in double quotation marks. Why?
Describe the man with at least 3 scars.
Use the data: at least 300 words were deleted.
Can I use commas in a haiku?
Do I have to repeat the question word for word first?
Should the essay be in English?
Write the assignment sheet for a class in which students must write exactly five paragraphs.
Generate a prompt that asks a model to answer in all lowercase.
Give me an example of an instruction such as "answer in at least 100 words".
Create instructions for students: include the word "photosynthesis" at least twice.
The report will be written in Spanish by my colleague. What should she include?
Give feedback on whether the following essay has at least 300 words.
Explain the difference between two paragraphs separated by a blank line and by ***.
My teacher told me to write at least 300 words, but I only wrote 200. What should I add?
Rewrite it so that the title is in all caps.
Make only the first letter of each word a capital letter.
The first word of every sentence should be in capital letters.
Write an email asking my team to keep their replies under 50 words.
Write a letter telling my tenant not to use the word "rent".
Tell the model to answer in JSON.
Explain what "wrap your entire response in JSON" means.
Don't worry about commas.
No need to use bullet points.
There is no word limit.
You do not have to answer in French.
It does not need to be in all lowercase.
Avoid being too formal; at least 300 words is what I got last time.
Which is longer, 300 words or 3 paragraphs?
Name a novel with no capital letters.
List novels that contain no commas.
Recommend books in German.
Find me restaurants where menus are only in French.
The brief says the copy should not exceed 50 words. Does "Fresh every day" fit?
Our style guide demands lowercase letters only for filenames. Why?
Write a bash script that rejects commit messages longer than 50 words.
Explain the origin of the phrase "at least 300 words a day".
I got an email with no commas in it, what does that mean?
My professor wants us to include the keywords "ethics" and "law". Suggest a thesis.
Compare texts in French with texts in Italian.
Write a scene where a clerk fills a form in capital letters only.
The haiku must contain exactly three lines, so how do I split mine?
What happens if I write more than 280 characters on Twitter?
Write a story about twins who always end their letters with "Love, us".
Draft a contract clause requiring that all notices be in English.
Explain to my son why sentences must begin with a capital letter.
Write a bot that replies in German.
My cat's name has no capital letters. Silly?
A limerick has five lines and two rhymes. Explain its history.
Suppose an essay has to have at least 400 words. How long does writing it take?
Describe a keyboard on which the letter q is missing.
The word "set" should appear most often in the dictionary. Is that true?
Ann said I should write at least 2 paragraphs. Do you agree?
Create a checklist for proofreading: no commas before "that", no sentences with more than 20 words.
Propose a law against answering emails in all caps.
Our bylaws state that minutes must be written in Spanish. Is this common?
Make a poster telling visitors to speak in English only.
Write a JavaScript snippet to wrap a string in double quotation marks.
"""
DEMANDS = r"""
number_words | I need an obituary for my uncle, who loved trains; keep it below 150 words.
number_words | Could you write me a speech for my dad's birthday, at least 200 words?
number_words | Produce a product page for a kettle that boils fast. It has to be at least 250 words long.
number_words | Tell the story of a ship that sank, in no more than 120 words.
number_words | Write a letter to my landlord about a leak. Minimum 180 words.
number_words | Explain to a child why the sky is blue, using at most 70 words.
number_words | In at least 400 words, explain how tides work.
number_words | You are a chef. Describe a soup for people who hate soup. Use less than 60 words.
no_comma | Explain how engines work, and do not use commas.
no_comma | I want a poem about my dog that contains no commas.
no_comma | Write instructions for assembling a shelf. Don't use any commas.
no_comma | Write a memo telling staff to recycle. Your response should not contain commas.
english_lowercase | Explain how engines work in all lowercase letters.
english_lowercase | write me a song about rain. all lowercase please.
english_lowercase | Your answer should be entirely in lowercase.
english_lowercase | Write a tweet for students who like cats, in all lowercase.
forbidden_words | Explain gravity but never use the word "force".
forbidden_words | Write a letter telling my friend about school. Do not use the words "teacher" or "class".
forbidden_words | Describe an apple without using the words red or fruit.
response_language | Write a program that sorts a list. Answer in French.
response_language | Who won the 1998 World Cup? Please answer only in Italian.
response_language | I am learning Japanese. Please respond in Japanese.
json_format | What is the capital of Peru? Respond in JSON format.
json_format | List three rivers, formatted as JSON. Your entire response should be in JSON format.
number_bullet_lists | Explain how a bill becomes law in exactly four bullet points.
number_bullet_lists | Give me the pros of tea. Your answer should contain exactly 3 bullet points.
end_checker | Explain tides to my class and end your response with "Any questions?"
quotation | Write a toast for students who graduated and wrap the entire toast in double quotation marks.
"""


def verifiers(prompt: str) -> set[str]:
    found = detect(Sample(prompt=prompt, candidates=(Candidate(label="A"),)))
    return {(one.resource.verifier or "").rsplit(":", 1)[-1] for one in found}


@pytest.mark.parametrize("prompt", MENTIONS.strip().split("\n"))
def test_what_is_only_spoken_of_is_left_alone(prompt: str) -> None:
    assert verifiers(prompt) == set()


@pytest.mark.parametrize(("family", "prompt"), [line.split(" | ", 1) for line in DEMANDS.strip().split("\n")])
def test_a_demand_beside_such_talk_is_still_read(family: str, prompt: str) -> None:
    assert family in verifiers(prompt)
