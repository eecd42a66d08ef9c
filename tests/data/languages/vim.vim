let g:limit = 10

" Adds two numbers.
function! s:Add(a, b) abort
  return a:a + a:b
endfunction

function! counter#count(text)
  return len(split(a:text))
endfunction

command! Count echo counter#count(getline('.'))
